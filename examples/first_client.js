// A realtime meeting with Alibaba's own Node SDKs: create, push, stop, read the result.
//
// npm install @alicloud/tingwu20230930 @alicloud/openapi-core alibabacloud-nls

const fs = require('fs');
const { setTimeout: sleep } = require('timers/promises');
const { SpeechTranscription } = require('alibabacloud-nls');
const { $OpenApiUtil } = require('@alicloud/openapi-core');
const { default: Client, CreateTaskRequest } = require('@alicloud/tingwu20230930');

const [endpoint, recording] = process.argv.slice(2); // 127.0.0.1:8900 and a 16 kHz mono WAV file

async function main() {
  const client = new Client(new $OpenApiUtil.Config({
    accessKeyId: 'any', accessKeySecret: 'any', endpoint, protocol: 'HTTP',
  }));
  const call = async (request) => (await client.createTask(new CreateTaskRequest(request))).body.data;
  const task = await call({
    type: 'realtime',
    appKey: 'any',
    input: { sourceLanguage: 'cn', format: 'pcm', sampleRate: 16000 },
    parameters: { autoChaptersEnabled: true },
  });

  const transcription = new SpeechTranscription({
    url: task.meetingJoinUrl, token: 'default', appkey: 'default',
  });
  transcription.on('end', (message) => console.log(JSON.parse(message).payload.result));
  await transcription.start(transcription.defaultStartParams(), false);
  const audio = fs.readFileSync(recording);
  for (let at = 0; at < audio.length; at += 3200) { // 100 ms
    transcription.sendAudio(audio.subarray(at, at + 3200));
    await sleep(10); // ten times faster than speech; the cloud wants 100
  }
  await transcription.close();

  await call({ type: 'realtime', operation: 'stop', input: { taskId: task.taskId } });
  let info;
  do {
    await sleep(200);
    info = (await client.getTaskInfo(task.taskId)).body.data;
  } while (info.taskStatus === 'ONGOING');
  if (info.taskStatus !== 'COMPLETED') throw new Error(`${info.taskStatus}: ${info.errorMessage}`);
  const chapters = await (await fetch(info.result.autoChapters)).json();
  for (const chapter of chapters.AutoChapters) console.log('-', chapter.Headline);
}

main().then(() => process.exit(0));
