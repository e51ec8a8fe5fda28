package tasks;

import com.aliyun.sdk.gateway.pop.clients.CommonAsyncClient;
import com.aliyun.teaopenapi.Client;
import com.aliyuncs.DefaultAcsClient;
import com.google.gson.JsonObject;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import openapi.Api;
import openapi.Async;
import openapi.Caller;
import openapi.Check;
import openapi.Core;
import openapi.Credentials;
import openapi.Json;
import openapi.Plain;
import openapi.Tea;

/**
 * Everything of the OpenAPI but a meeting, through one of the vendor's Java SDKs: a recording is
 * transcribed, its task run again, another cannot be read; hot words; a realtime task that nobody
 * joins; calls that are refused.
 *
 * <pre>java -cp "target/classes:target/lib/*" tasks.Tasks core|tea|async URL RECORDING_URL MISSING_URL
 * </pre>
 *
 * Prints one JSON object per line; the last is the verdict. Exit status 1 when something is not as
 * it should be.
 */
public final class Tasks {
  private static final String KEY = "周会 录音 & more";

  private final String kind;
  private final URI server;
  private final String appKey;
  private final Api api;

  private Tasks(String kind, URI server) throws Exception {
    this.kind = kind;
    this.server = server;
    appKey = "java-" + kind;
    api = new Api(open(Credentials.ofEnvironment()));
  }

  public static void main(String[] arguments) {
    String client = "java " + arguments[0];
    int status = 0;
    try {
      Tasks tasks = new Tasks(arguments[0], URI.create(arguments[1]));
      Map<String, Object> verdict = new LinkedHashMap<>();
      verdict.put("client", client);
      verdict.put("versions", versions(arguments[0]));
      verdict.put("runtime", "java " + System.getProperty("java.version"));
      verdict.put("checks", tasks.run(arguments[2], arguments[3]));
      Json.print(verdict);
    } catch (Exception problem) {
      Json.print(Map.of("client", client, "failed", String.valueOf(problem)));
      status = 1;
    }
    // The asynchronous client has threads that are no daemons.
    System.exit(status);
  }

  private Caller open(Credentials credentials) throws Exception {
    switch (kind) {
      case "core":
        return new Core(server, credentials);
      case "tea":
        return new Tea(server, credentials);
      case "async":
        return new Async(server, credentials);
      default:
        throw new IllegalArgumentException(kind);
    }
  }

  private static Map<String, String> versions(String kind) {
    switch (kind) {
      case "core":
        return Map.of("com.aliyun:aliyun-java-sdk-core", Api.version(DefaultAcsClient.class));
      case "tea":
        return Map.of("com.aliyun:tea-openapi", Api.version(Client.class));
      default:
        return Map.of("com.aliyun:aliyun-gateway-pop", Api.version(CommonAsyncClient.class));
    }
  }

  private Map<String, Object> run(String recording, String missing) throws Exception {
    HotWords words = new HotWords(api);
    String phraseId = words.create();
    words.list();
    words.get();
    words.update();
    JsonObject done = offline(recording, phraseId);
    words.delete();

    Map<String, Object> checks = new LinkedHashMap<>();
    checks.put("offline", done.get("TaskStatus").getAsString());
    checks.put("results", Api.download(done));
    JsonObject again = again(done.get("TaskId").getAsString());
    checks.put("run again", again.get("TaskStatus").getAsString());
    checks.put("results then", Api.download(again));
    JsonObject failed = unreadable(missing);
    checks.put(
        "no file",
        failed.get("TaskStatus").getAsString() + ": " + failed.get("ErrorCode").getAsString());
    checks.put("phrases", words.done);
    String taskId = api.create(realtime("cn")).get("TaskId").getAsString();
    checks.put("stopped early", api.stop(taskId).get("TaskStatus").getAsString());
    checks.put("refused", refused());
    plain();
    return checks;
  }

  private JsonObject offline(String recording, String phraseId) throws Exception {
    Map<String, Object> body =
        Map.of(
            "AppKey", appKey,
            "Input",
                Map.of(
                    "SourceLanguage", "cn",
                    "FileUrl", recording,
                    "TaskKey", KEY,
                    "ProgressiveCallbacksEnabled", true),
            "Parameters",
                Map.of(
                    "Transcription",
                        Map.of(
                            "DiarizationEnabled", true,
                            "Diarization", Map.of("SpeakerCount", 2),
                            "PhraseId", phraseId),
                    "TranslationEnabled", true,
                    "Translation", Map.of("TargetLanguages", List.of("en")),
                    "AutoChaptersEnabled", true));
    JsonObject created = api.createOffline(body);
    Check.that("ONGOING".equals(created.get("TaskStatus").getAsString()), created.toString());
    JsonObject done = api.complete(created.get("TaskId").getAsString());
    Check.that(KEY.equals(created.get("TaskKey").getAsString()), created.toString());
    Check.that(KEY.equals(done.get("TaskKey").getAsString()), done.toString());
    return done;
  }

  /** A completed task once more, for a summary. */
  private JsonObject again(String taskId) throws Exception {
    Map<String, Object> body =
        Map.of(
            "AppKey", appKey,
            "Input", Map.of("TaskId", taskId),
            "Parameters",
                Map.of(
                    "SummarizationEnabled", true,
                    "Summarization", Map.of("Types", List.of("Paragraph", "Conversational"))));
    JsonObject created = api.createOffline(body);
    Check.that(taskId.equals(created.get("TaskId").getAsString()), created.toString());
    return api.complete(taskId);
  }

  private JsonObject unreadable(String missing) throws Exception {
    Map<String, Object> input =
        Map.of("SourceLanguage", "cn", "FileUrl", missing, "ProgressiveCallbacksEnabled", true);
    JsonObject created = api.createOffline(Map.of("AppKey", appKey, "Input", input));
    return api.end(created.get("TaskId").getAsString());
  }

  /** Two tasks one after the other, without an SDK: bodies that must arrive on one connection. */
  private void plain() throws Exception {
    Api plain = new Api(new Plain(server, Credentials.ofEnvironment()));
    for (int round = 0; round < 2; round++) {
      JsonObject created = plain.create(realtime("cn"));
      Check.that("NEW".equals(created.get("TaskStatus").getAsString()), created.toString());
    }
  }

  private Map<String, Object> realtime(String language) {
    return Map.of(
        "AppKey",
        appKey,
        "Input",
        Map.of("SourceLanguage", language, "Format", "pcm", "SampleRate", 16000));
  }

  /** What the SDK throws for calls that are refused. */
  private Map<String, String> refused() throws Exception {
    Credentials own = Credentials.ofEnvironment();
    Api forged = new Api(open(new Credentials(own.id, own.secret + "?")));
    Api stranger = new Api(open(new Credentials("nobody", own.secret)));
    Map<String, String> refused = new LinkedHashMap<>();
    refused.put("wrong secret", thrown(() -> forged.create(realtime("cn"))));
    refused.put("unknown key", thrown(() -> stranger.get("0".repeat(32))));
    refused.put("wrong language", thrown(() -> api.create(realtime("tlh"))));
    return refused;
  }

  private interface Call {
    JsonObject make() throws Exception;
  }

  private String thrown(Call call) {
    try {
      call.make();
    } catch (Exception thrown) {
      Json.print(Map.of("thrown", thrown.getClass().getName(), "message", thrown.getMessage()));
      return api.caller.describe(thrown);
    }
    throw new IllegalStateException("nothing was thrown");
  }
}
