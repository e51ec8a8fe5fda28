#!/bin/sh
# A recording with nothing but curl: createTask, getTask, a result.
set -e
url=https://dashscope.aliyuncs.com/api/v1/services/aigc/multimodal-generation/generation
call() {
  curl --silent --show-error --fail --max-time 20 "$url" -H "Authorization: Bearer $DASHSCOPE_API_KEY" \
    -H 'Content-Type: application/json' -d "{\"model\": \"tingwu-meeting\", \"input\": $1}"
}
created=$(call '{"task": "createTask", "type": "offline", "appId": "tw_app",
  "fileUrl": "https://files.example.com/weekly.mp3"}')
id=$(echo "$created" | sed 's/.*"dataId":"\([^"]*\)".*/\1/')
while :; do
  output=$(call "{\"task\": \"getTask\", \"dataId\": \"$id\"}")
  case $output in *'"status":1'*) sleep 0.1 ;; *) break ;; esac
done
echo "status $(echo "$output" | sed 's/.*"status":\([0-9]*\).*/\1/')"
link=$(echo "$output" | sed 's/.*"transcriptionPath":"\([^"]*\)".*/\1/')
curl --silent --show-error --fail --max-time 20 "$link" | grep -q '"paragraphs"' && echo "result transcriptionPath 200"
