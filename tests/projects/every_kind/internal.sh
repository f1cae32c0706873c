extension="http://$AWS_LAMBDA_RUNTIME_API/2020-01-01/extension"
identifier=$(curl -sS -D - -o /dev/null -H "Lambda-Extension-Name: inside" \
    -d '{"events": ["INVOKE"]}' "$extension/register" \
    | grep -i '^lambda-extension-identifier:' | tr -d '\r' | cut -d ' ' -f 2)
while curl -sS -o /dev/null -H "Lambda-Extension-Identifier: $identifier" "$extension/event/next"; do
    :
done &
