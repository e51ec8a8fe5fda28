package dashscope;

import com.alibaba.dashscope.exception.ApiException;
import com.alibaba.dashscope.multimodal.tingwu.TingWu;
import com.alibaba.dashscope.multimodal.tingwu.TingWuRealtime;
import com.alibaba.dashscope.protocol.ConnectionOptions;
import com.alibaba.dashscope.utils.Constants;
import com.google.gson.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import openapi.Api;
import openapi.Check;
import openapi.Json;

/**
 * DashScope's Tingwu agents through the vendor's Java SDK: a recording, a text, a realtime meeting
 * and many short ones, a temporary key, and what is refused.
 *
 * <pre>java -cp "target/classes:target/lib/*" dashscope.Agents URL RECORDING_URL MISSING_URL WAV
 * </pre>
 *
 * The key is DASHSCOPE_API_KEY, which the SDK finds by itself. Prints one JSON object per line; the
 * last is the verdict. Exit status 1 when something is not as it should be.
 */
public final class Agents {
  private static final String CLIENT = "java dashscope";
  private static final String MEETINGS = "/api-ws/v1/inference";

  /** stop() waits without end for task-finished. */
  private static final int LIMIT_SECONDS = 30;

  private static final int ROUNDS = 10;
  private static final int AT_ONCE = 8;
  private static final int BRIEF_BYTES = 3 * 32000; // of 16 kHz 16-bit mono

  private static final String TEXT =
      String.join(
          "\n",
          "客服: 您好，欢迎致电，请问有什么可以帮您？",
          "客户：我想了解一下你们的会议室预订。",
          "客服: 好的，请问您的预算是多少？大概什么时间使用？",
          "客户: 预算五千左右，下周三下午。",
          "客服: 没问题，明天上午我把方案发给您。");

  private final URI server;
  private final Calls calls;
  private final Streams streams;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  private Agents(URI server, Path wav) throws Exception {
    this.server = server;
    calls = new Calls(server, null);
    streams = new Streams(wav);
  }

  public static void main(String[] arguments) {
    int status = 0;
    try {
      Agents agents = new Agents(URI.create(arguments[0]), Path.of(arguments[3]));
      Map<String, Object> checks = new LinkedHashMap<>();
      agents.recordings(checks, arguments[1], arguments[2]);
      agents.meeting(checks);
      agents.more(checks);
      checks.put("refused", agents.refused());
      Map<String, Object> verdict = new LinkedHashMap<>();
      verdict.put("client", CLIENT);
      verdict.put(
          "versions", Map.of("com.alibaba:dashscope-sdk-java", Api.version(TingWu.class)));
      verdict.put("runtime", "java " + System.getProperty("java.version"));
      verdict.put("checks", checks);
      Json.print(verdict);
    } catch (Exception problem) {
      Json.print(Map.of("client", CLIENT, "failed", String.valueOf(problem)));
      status = 1;
    }
    // The SDK's connections have threads that are no daemons.
    System.exit(status);
  }

  // Recordings and texts

  private void recordings(Map<String, Object> checks, String recording, String missing)
      throws Exception {
    Map<String, Object> parameters =
        Map.of(
            "transcription", transcription("cn"),
            "analysis",
                Map.of(
                    "autoChaptersEnabled", true,
                    "textPolishEnabled", true,
                    "customPromptEnabled", true,
                    "customPromptContent", "列出决定事项：\n{Transcription}"));
    String dataId = create(Calls.MEETING, offline("fileUrl", recording), parameters);
    JsonObject done = calls.complete(Calls.MEETING, dataId);
    checks.put("recording", done.get("status").getAsInt());
    checks.put("results", Files.download(done));

    Map<String, Object> everything =
        Map.of(
            "keyInformationEnabled", true,
            "actionsEnabled", true,
            "fullSummaryEnabled", true,
            "conversationalEnabled", true,
            "questionsAnsweringEnabled", true,
            "mindMapEnabled", true);
    Map<String, Object> anew =
        Map.of("transcription", transcription("cn"), "analysis", everything);
    String again = create(Calls.MEETING, offline("dataId", dataId), anew);
    Check.that(again.equals(dataId), "run again it is " + again);
    done = calls.complete(Calls.MEETING, dataId);
    checks.put("run again", done.get("status").getAsInt());
    checks.put("results then", Files.download(done));

    dataId = create(Calls.MEETING, offline("fileUrl", missing), Map.of());
    JsonObject failed = calls.end(Calls.MEETING, dataId);
    checks.put(
        "no file",
        failed.get("status").getAsInt() + ": " + failed.get("errorCode").getAsString());

    dataId = create(Calls.INSIGHTS, offline("text", TEXT), insights());
    done = calls.complete(Calls.INSIGHTS, dataId);
    checks.put("text", done.get("status").getAsInt());
    checks.put("insights", Files.download(done));

    // A recording of which only the address is known, with a key that lives for a minute.
    Calls temporary = new Calls(server, token());
    String imagined = "https://files.example.com/recordings/weekly.mp3";
    dataId =
        temporary
            .create(Calls.MEETING, offline("fileUrl", imagined), Map.of())
            .get("dataId")
            .getAsString();
    done = temporary.complete(Calls.MEETING, dataId);
    Check.that(Files.download(done).contains("transcriptionPath"), done.toString());
    checks.put("temporary key", done.get("status").getAsInt());
  }

  private String create(String model, Map<String, Object> input, Map<String, Object> parameters)
      throws Exception {
    return calls.create(model, input, parameters).get("dataId").getAsString();
  }

  private static Map<String, Object> offline(String what, String value) {
    return Map.of("task", "createTask", "type", "offline", "appId", Calls.APP_ID, what, value);
  }

  private static Map<String, Object> transcription(String model) {
    return Map.of(
        "model", model,
        "diarizationEnabled", true,
        "diarizationSpeakerCount", 0,
        "translationEnabled", true,
        "translationTargetLang", List.of("en"));
  }

  private static Map<String, Object> insights() {
    List<Map<String, String>> contents =
        List.of(
            Map.of("title", "问候", "content", "一开口就向对方问好", "score", "20"),
            Map.of("title", "了解需求", "content", "询问预算和时间", "score", "30"));
    return Map.of("serviceInsights", Map.of("insightsContents", contents));
  }

  /** A temporary key, by a plain request: the SDK has no call for it. */
  private String token() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(server.resolve("/api/v1/tokens?expire_in_seconds=60"))
            .POST(HttpRequest.BodyPublishers.noBody())
            .header("Authorization", "Bearer " + System.getenv("DASHSCOPE_API_KEY"))
            .build();
    String body =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
    String token = Json.object(body).get("token").getAsString();
    Check.that(token.startsWith("st-"), "a temporary key of another form");
    return token;
  }

  // Meetings

  private void meeting(Map<String, Object> checks) throws Exception {
    String dataId = open();
    TingWuRealtime sdk = realtime();
    Listener said = within(() -> streams.push(sdk, dataId));
    sdk.getDuplexApi().close(1000, "bye");
    int sentences = said.ended.size();
    List<Integer> counted = IntStream.range(0, sentences).boxed().collect(Collectors.toList());
    Check.that(said.ended.equals(counted), "sentences are not numbered from 0: " + said.ended);
    Check.that(said.begun.equals(counted), "sentences began as " + said.begun);
    Check.that(said.interim > sentences, "too few interim results");
    checks.put("started", said.taskId != null);
    checks.put("sentences", sentences);
    checks.put("interim", said.interim);
    checks.put("translations", said.translated.size());
    checks.put("completed", said.stopped);
    checks.put("paused", calls.get(Calls.MEETING, dataId).get("status").getAsInt());
    checks.put("ended", end(dataId));
    JsonObject done = calls.complete(Calls.MEETING, dataId);
    checks.put("status", done.get("status").getAsInt());
    checks.put("meeting results", Files.download(done));
  }

  /** Many short meetings in one process, in each way that the SDK has. */
  private void more(Map<String, Object> checks) throws Exception {
    List<String> ended = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      ended.add(brief(realtime()));
    }
    checks.put("one after another", ROUNDS);
    ended.addAll(overOneConnection());
    checks.put("over one connection", ROUNDS);

    List<Future<String>> running = new ArrayList<>();
    for (int number = 0; number < AT_ONCE; number++) {
      running.add(threads.submit(() -> brief(realtime())));
    }
    for (Future<String> one : running) {
      ended.add(one.get(LIMIT_SECONDS, TimeUnit.SECONDS));
    }
    checks.put("at once", AT_ONCE);

    // Their run-task says audio, asr and recognition, their finish-task nothing.
    Constants.baseWebsocketApiUrl = meetings() + "/";
    List<TingWuRealtime> others =
        List.of(
            new TingWuRealtime(),
            new TingWuRealtime(meetings(), ConnectionOptions.builder().build()));
    for (TingWuRealtime sdk : others) {
      ended.add(brief(sdk));
    }
    checks.put("by other constructors", others.size());
    for (String dataId : ended) {
      calls.complete(Calls.MEETING, dataId);
    }
  }

  /** A meeting of some seconds; its dataId. */
  private String brief(TingWuRealtime sdk) throws Exception {
    String dataId = open();
    within(() -> streams.push(sdk, dataId, Map.of(), BRIEF_BYTES));
    sdk.getDuplexApi().close(1000, "bye");
    end(dataId);
    return dataId;
  }

  /**
   * One task after another over one connection, each meeting in two parts: the SDK leaves its
   * connection open and goes on with it. A parameter that it does not document sets the task_id.
   */
  private List<String> overOneConnection() throws Exception {
    TingWuRealtime kept = realtime();
    List<String> dataIds = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      if (round % 2 == 0) {
        dataIds.add(open());
      }
      String dataId = dataIds.get(dataIds.size() - 1);
      String taskId = String.format("%016x", round);
      Map<String, Object> parameters = Map.of("pre_task_id", taskId);
      Listener said = within(() -> streams.push(kept, dataId, parameters, BRIEF_BYTES));
      Check.that(taskId.equals(said.taskId), "the task is called " + said.taskId);
    }
    kept.getDuplexApi().close(1000, "bye");
    for (String dataId : dataIds) {
      end(dataId);
    }
    return dataIds;
  }

  private String open() throws Exception {
    Map<String, Object> input =
        Map.of(
            "task", "createTask",
            "type", "realtime",
            "appId", Calls.APP_ID,
            "format", "pcm",
            "sampleRate", 16000);
    Map<String, Object> parameters =
        Map.of(
            "transcription", transcription("cn"),
            "analysis", Map.of("autoChaptersEnabled", true));
    JsonObject created = calls.create(Calls.MEETING, input, parameters);
    Check.that(created.get("status").getAsInt() == Calls.TRANSCRIBING, created.toString());
    return created.get("dataId").getAsString();
  }

  /** End a meeting; the status that this answers with. */
  private int end(String dataId) throws Exception {
    Map<String, Object> input =
        Map.of(
            "task", "createTask",
            "type", "realtime",
            "appId", Calls.APP_ID,
            "dataId", dataId);
    return calls.create(Calls.MEETING, input, Map.of()).get("status").getAsInt();
  }

  private TingWuRealtime realtime() {
    return new TingWuRealtime(meetings());
  }

  private String meetings() {
    return "ws" + server.resolve(MEETINGS).toString().substring("http".length());
  }

  private <T> T within(Callable<T> work) throws Exception {
    return threads.submit(work).get(LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  // What is refused

  private interface Call {
    void make() throws Exception;
  }

  /** What the SDK throws for calls that are refused, and hands on for streams that are. */
  private Map<String, String> refused() throws Exception {
    String nobody = "sk-nobody";
    Calls stranger = new Calls(server, nobody);
    String dataId = open();
    String unknown = "0".repeat(12);
    Map<String, Object> imagined = offline("fileUrl", "https://files.example.com/a.wav");
    Map<String, Object> klingon = Map.of("transcription", transcription("tlh"));
    Map<String, String> refused = new LinkedHashMap<>();
    refused.put("wrong key", thrown(() -> stranger.get(Calls.MEETING, dataId)));
    refused.put(
        "wrong parameter", thrown(() -> calls.create(Calls.MEETING, imagined, klingon)));
    refused.put("unknown dataId", thrown(() -> calls.get(Calls.MEETING, unknown)));
    refused.put("wrong key, realtime", failed(dataId, nobody));
    refused.put("unknown dataId, realtime", failed(unknown, null));
    end(dataId);
    return refused;
  }

  private static String thrown(Call call) throws Exception {
    try {
      call.make();
    } catch (ApiException thrown) {
      Json.print(Map.of("thrown", thrown.getClass().getName(), "message", thrown.getMessage()));
      return Calls.describe(thrown);
    }
    throw new IllegalStateException("nothing was thrown");
  }

  private String failed(String dataId, String key) throws Exception {
    TingWuRealtime sdk = realtime();
    Listener said = within(() -> streams.begin(sdk, dataId, key, Map.of(), false));
    sdk.getDuplexApi().close(1000, "bye");
    return String.valueOf(said.error);
  }
}
