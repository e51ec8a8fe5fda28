'use strict';
// A meeting with @alicloud/tingwu20230930 and alibabacloud-nls, as the vendor's samples hold one.
//
//   node check.js URL WAV

const fs = require('fs');
const { setTimeout: sleep } = require('timers/promises');
const { SpeechTranscription } = require('alibabacloud-nls');
const { open } = require('./openapi');

const [url, recording] = process.argv.slice(2);
const FRAME_BYTES = 3200; // 100 ms of 16 kHz 16-bit mono
const ENDS = ['COMPLETED', 'FAILED', 'INVALID'];

async function main() {
  const client = open.tingwu(url, { accessKeyId: 'any', accessKeySecret: 'any' });
  const { Data: task } = await client.create({
    AppKey: 'any',
    Input: { SourceLanguage: 'cn', Format: 'pcm', SampleRate: 16000 },
    Parameters: { AutoChaptersEnabled: true },
  });

  const transcription = new SpeechTranscription({
    url: task.MeetingJoinUrl, appkey: 'default', token: 'default',
  });
  transcription.on('end', (text) => console.log(JSON.parse(text).payload.result));
  transcription.on('failed', (text) => console.log('failed', text));
  transcription.on('closed', () => console.log('closed'));
  await transcription.start(transcription.defaultStartParams(), true, 6000);
  const audio = fs.readFileSync(recording).subarray(44);
  for (let at = 0; at < audio.length; at += FRAME_BYTES) {
    transcription.sendAudio(audio.subarray(at, at + FRAME_BYTES));
    await sleep(10);
  }
  await transcription.close();

  await client.stop({ Input: { TaskId: task.TaskId } });
  let info;
  for (let poll = 0; poll < 50; poll += 1) {
    info = (await client.get(task.TaskId)).Data;
    if (ENDS.includes(info.TaskStatus)) break;
    await sleep(200);
  }
  if (info.TaskStatus !== 'COMPLETED') {
    throw new Error(`the task is ${info.TaskStatus}: ${info.ErrorCode}`);
  }
  for (const [name, link] of Object.entries(info.Result)) {
    console.log(name, Object.keys(await (await fetch(link)).json()).sort());
  }
}

main().then(() => process.exit(0), (error) => {
  console.error(error.message);
  process.exit(1);
});
