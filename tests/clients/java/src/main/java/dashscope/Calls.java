package dashscope;

import com.alibaba.dashscope.common.DashScopeResult;
import com.alibaba.dashscope.exception.ApiException;
import com.alibaba.dashscope.multimodal.tingwu.TingWu;
import com.alibaba.dashscope.multimodal.tingwu.TingWuParam;
import com.google.gson.JsonObject;
import java.net.URI;
import java.util.Map;
import openapi.Check;

/** createTask and getTask of the agents, with one key. */
final class Calls {
  static final String APP_ID = "tw_java_client";
  static final String MEETING = "tingwu-meeting";
  static final String INSIGHTS = "tingwu-service-insights";
  static final int DONE = 0;
  static final int WORKING = 1;
  static final int FAILED = 2;
  static final int TRANSCRIBING = 3;
  private static final String PATH = "/api/v1/services/aigc/multimodal-generation/generation";
  private static final int POLLS = 300;

  private final TingWu sdk;
  private final String key;

  /** Without a {@code key} the SDK takes the one of the environment. */
  Calls(URI server, String key) {
    this(new TingWu("http", server.resolve(PATH).toString()), key);
  }

  Calls(TingWu sdk, String key) {
    this.sdk = sdk;
    this.key = key;
  }

  /** Create a task of an agent; returns its output. */
  JsonObject create(String model, Map<String, Object> input, Map<String, Object> parameters)
      throws Exception {
    JsonObject output = call(model, input, parameters);
    Check.that(!output.get("dataId").getAsString().isEmpty(), output.toString());
    return output;
  }

  /** What getTask says of a task. */
  JsonObject get(String model, String dataId) throws Exception {
    return call(model, Map.of("task", "getTask", "dataId", dataId), Map.of());
  }

  /** Poll until the task is done or has failed; returns its output. */
  JsonObject end(String model, String dataId) throws Exception {
    for (int poll = 0; poll < POLLS; poll++) {
      JsonObject task = get(model, dataId);
      int status = task.get("status").getAsInt();
      if (status == DONE || status == FAILED) {
        return task;
      }
      Check.that(status == WORKING || status == TRANSCRIBING, task.toString());
      Thread.sleep(100);
    }
    throw new IllegalStateException("the task does not end");
  }

  /** Poll until the task is done; returns its output. */
  JsonObject complete(String model, String dataId) throws Exception {
    JsonObject task = end(model, dataId);
    Check.that(task.get("status").getAsInt() == DONE, task.toString());
    return task;
  }

  /** The type of what the SDK has thrown, the code in it, and the HTTP status. */
  static String describe(ApiException thrown) {
    return String.format(
        "%s: %s, %d",
        thrown.getClass().getSimpleName(),
        thrown.getStatus().getCode(),
        thrown.getStatus().getStatusCode());
  }

  private JsonObject call(String model, Map<String, Object> input, Map<String, Object> parameters)
      throws Exception {
    TingWuParam param =
        TingWuParam.builder().model(model).input(input).parameters(parameters).apiKey(key).build();
    DashScopeResult result = sdk.call(param);
    Check.that(result.getStatusCode() == 200, result.toString());
    Check.that(result.getRequestId().length() == 36, result.toString());
    return (JsonObject) result.getOutput();
  }
}
