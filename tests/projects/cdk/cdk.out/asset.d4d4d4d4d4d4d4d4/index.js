exports.handler = async () => "bundled";
