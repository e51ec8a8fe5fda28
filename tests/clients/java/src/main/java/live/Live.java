package live;

import com.aliyuncs.DefaultAcsClient;
import com.aliyuncs.exceptions.ClientException;
import com.aliyuncs.http.MethodType;
import com.google.gson.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import openapi.Api;
import openapi.Check;
import openapi.Credentials;
import openapi.Json;

/**
 * A live task's whole life through aliyun-java-sdk-core: it captions a stream and a channel, is
 * asked for, stopped and deleted; calls that are refused.
 *
 * <pre>java -cp "target/classes:target/lib/*" live.Live get|post URL CALLBACK_URL AUTH_KEY COUNT
 * </pre>
 *
 * CALLBACK_URL takes callbacks, and tells whoever GETs it how many came. COUNT is how many to wait
 * for. Prints one JSON object per line; the last is the verdict. Exit status 1 when something is not
 * as it should be.
 */
public final class Live {
  private static final int POLLS = 300;
  private static final String STREAM =
      "rtmp://pull.example.com/app/lesson?auth_key=1-0-0-x&b=~*(1)!";
  private static final String CHANNEL = "房间 1";

  private final URI server;
  private final MethodType method;
  private final String callbackUrl;
  private final String authKey;
  private final Rpc rpc;

  private Live(URI server, MethodType method, String callbackUrl, String authKey) {
    this.server = server;
    this.method = method;
    this.callbackUrl = callbackUrl;
    this.authKey = authKey;
    rpc = new Rpc(server, method, Credentials.ofEnvironment());
  }

  public static void main(String[] arguments) {
    String client = "java live " + arguments[0];
    int status = 0;
    try {
      MethodType method = MethodType.valueOf(arguments[0].toUpperCase(Locale.ROOT));
      Live live = new Live(URI.create(arguments[1]), method, arguments[2], arguments[3]);
      Map<String, Object> verdict = new LinkedHashMap<>();
      verdict.put("client", client);
      verdict.put(
          "versions",
          Map.of("com.aliyun:aliyun-java-sdk-core", Api.version(DefaultAcsClient.class)));
      verdict.put("runtime", "java " + System.getProperty("java.version"));
      live.run(Integer.parseInt(arguments[4]), verdict);
      Json.print(verdict);
    } catch (Exception problem) {
      Json.print(Map.of("client", client, "failed", String.valueOf(problem)));
      status = 1;
    }
    System.exit(status);
  }

  private void run(int count, Map<String, Object> verdict) throws Exception {
    String taskId = created(stream());
    String channelId = created(channel());
    callbacks(count);
    Map<String, String> task = Map.of("TaskId", taskId);
    JsonObject shown = rpc.query(task).getAsJsonObject(taskId);
    Check.that(STREAM.equals(shown.get("streamUrl").getAsString()), shown.toString());
    Check.that(callbackUrl.equals(shown.get("callbackUrl").getAsString()), shown.toString());
    JsonObject running = rpc.query(Map.of());
    Check.that(running.has(taskId), "the task is not among those that run");
    JsonObject channel = running.getAsJsonObject(channelId);
    Check.that(CHANNEL.equals(channel.get("channelId").getAsString()), channel.toString());
    rpc.called("StopRtcAsrTask", task);
    JsonObject stopped = rpc.query(task).getAsJsonObject(taskId);
    rpc.called("DeleteRtcAsrTask", task);
    rpc.called("DeleteRtcAsrTask", Map.of("TaskId", channelId));

    Map<String, Object> checks = new LinkedHashMap<>();
    checks.put(
        "running", shown.get("mode").getAsString() + ", " + shown.get("status").getAsInt());
    checks.put("interval", shown.get("reportInterval").getAsString());
    checks.put("channel", channel.get("mode").getAsString());
    checks.put("stopped", stopped.get("status").getAsInt());
    checks.put("deleted", rpc.query(task).size());
    Map<String, String> odd = new HashMap<>(stream());
    odd.put("StreamURL", STREAM + "&mock.ret_code=4001"); // what the mock answers with
    checks.put("other RetCode", rpc.call("CreateRtcAsrTask", odd).get("RetCode").getAsInt());
    checks.put("refused", refused());
    verdict.put("task", taskId);
    verdict.put("checks", checks);
  }

  private String created(Map<String, String> parameters) throws ClientException {
    return rpc.called("CreateRtcAsrTask", parameters).get("TaskId").getAsString();
  }

  private Map<String, String> stream() {
    return Map.of(
        "Mode", "live",
        "StreamURL", STREAM,
        "Language", "cn",
        "CallbackURL", callbackUrl,
        "AuthKey", authKey,
        "ReportInterval", "-1",
        "TranslateEnabled", "true",
        "TargetLanguages", "en");
  }

  private Map<String, String> channel() {
    return Map.of(
        "Mode", "rtc",
        "SDKAppID", "app1",
        "ChannelID", CHANNEL,
        "RtcUserId", "u1",
        "Language", "cn",
        "CallbackURL", callbackUrl + "&of=channel");
  }

  /** Wait until enough callbacks have come. */
  private void callbacks(int count) throws Exception {
    HttpClient plain = HttpClient.newHttpClient();
    HttpRequest request = HttpRequest.newBuilder(URI.create(callbackUrl)).build();
    for (int poll = 0; poll < POLLS; poll++) {
      String answer = plain.send(request, HttpResponse.BodyHandlers.ofString()).body();
      if (Json.object(answer).get("callbacks").getAsInt() >= count) {
        return;
      }
      Thread.sleep(100);
    }
    throw new IllegalStateException("the callbacks do not come");
  }

  /** What the SDK throws for calls that are refused. */
  private Map<String, String> refused() {
    Credentials own = Credentials.ofEnvironment();
    Rpc forged = new Rpc(server, method, new Credentials(own.id, own.secret + "?"));
    Rpc stranger = new Rpc(server, method, new Credentials("nobody", own.secret));
    Map<String, String> wrong = new HashMap<>(stream());
    wrong.put("ReportInterval", "501");
    Map<String, String> missing = new HashMap<>(stream());
    missing.remove("StreamURL");
    Map<String, String> refused = new LinkedHashMap<>();
    refused.put("unknown task", thrown(rpc, "StopRtcAsrTask", Map.of("TaskId", "asr-none")));
    refused.put("wrong parameter", thrown(rpc, "CreateRtcAsrTask", wrong));
    refused.put("missing parameter", thrown(rpc, "CreateRtcAsrTask", missing));
    refused.put("wrong secret", thrown(forged, "CreateRtcAsrTask", stream()));
    refused.put("unknown key", thrown(stranger, "QueryRtcAsrTasks", Map.of()));
    return refused;
  }

  private static String thrown(Rpc rpc, String action, Map<String, String> parameters) {
    try {
      rpc.call(action, parameters);
    } catch (ClientException thrown) {
      Json.print(Map.of("thrown", thrown.getClass().getName(), "message", thrown.getMessage()));
      return thrown.getClass().getSimpleName() + ": " + thrown.getErrCode();
    }
    throw new IllegalStateException("nothing was thrown");
  }
}
