'use strict';
// The three OpenAPI calls of a meeting, through each of the vendor's two Node SDKs. Both answer
// with the response body as a plain object.

const credentials = {
  accessKeyId: process.env.ALIBABA_CLOUD_ACCESS_KEY_ID,
  accessKeySecret: process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET,
};

/** @alicloud/tingwu20230930: typed requests, ACS3 signatures, chunked bodies. */
function tingwu(url) {
  const { default: Client, CreateTaskRequest } = require('@alicloud/tingwu20230930');
  const { $OpenApiUtil } = require('@alicloud/openapi-core');
  // The operations ask for HTTPS; the protocol of the configuration wins.
  const client = new Client(
    new $OpenApiUtil.Config({ ...credentials, endpoint: new URL(url).host, protocol: 'HTTP' }),
  );
  const put = async (query, body) => {
    const request = new CreateTaskRequest({
      ...query,
      appKey: body.AppKey,
      input: lowerFirst(body.Input),
      parameters: body.Parameters && lowerFirst(body.Parameters),
    });
    return (await client.createTask(request)).body.toMap();
  };
  return {
    packages: ['@alicloud/tingwu20230930', '@alicloud/openapi-core'],
    create: (body) => put({ type: 'realtime' }, body),
    stop: (body) => put({ type: 'realtime', operation: 'stop' }, body),
    get: async (taskId) => (await client.getTaskInfo(taskId)).body.toMap(),
  };
}

/** @alicloud/pop-core: requests by path, ROA signatures. */
function popCore(url) {
  const { ROAClient } = require('@alicloud/pop-core');
  const client = new ROAClient({ ...credentials, endpoint: url, apiVersion: '2023-09-30' });
  const headers = { 'content-type': 'application/json' };
  const tasks = '/openapi/tingwu/v2/tasks';
  const put = (query, body) => client.request('PUT', tasks, query, JSON.stringify(body), headers);
  return {
    packages: ['@alicloud/pop-core'],
    create: (body) => put({ type: 'realtime' }, body),
    stop: (body) => put({ type: 'realtime', operation: 'stop' }, body),
    get: (taskId) => client.request('GET', `${tasks}/${taskId}`, {}, '', headers),
  };
}

/** The typed models name their fields in lower camel case, at every depth. */
function lowerFirst(value) {
  if (Array.isArray(value)) return value.map(lowerFirst);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key[0].toLowerCase() + key.slice(1),
      lowerFirst(item),
    ]),
  );
}

module.exports = { tingwu, 'pop-core': popCore };
