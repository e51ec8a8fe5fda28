package meeting;

import com.alibaba.nls.client.protocol.InputFormatEnum;
import com.alibaba.nls.client.protocol.NlsClient;
import com.alibaba.nls.client.protocol.SampleRateEnum;
import com.alibaba.nls.client.protocol.asr.SpeechTranscriber;
import com.aliyuncs.DefaultAcsClient;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A realtime meeting through the vendor's Java SDKs, against the server at URL.
 *
 * <pre>java -cp "target/classes:target/lib/*" meeting.Meeting URL WAV</pre>
 *
 * Prints one JSON object per line; the last is the verdict. Exit status 1 when something is not as
 * it should be.
 */
public final class Meeting {
  private static final String CLIENT = "java";
  private static final int FRAME_BYTES = 3200; // 100 ms of 16 kHz 16-bit mono
  private static final int FRAME_EVERY_MS = 10;
  private static final int POLLS = 300;

  /**
   * The SDK waits for TranscriptionStarted only once StartTranscription is on its way: an answer
   * that is faster than that is lost and start() hangs. One start would prove little.
   */
  private static final int RESTARTS = 30;

  private Meeting() {}

  public static void main(String[] arguments) {
    int status = 0;
    try {
      run(URI.create(arguments[0]), Path.of(arguments[1]));
    } catch (Exception problem) {
      Json.print(Map.of("client", CLIENT, "failed", String.valueOf(problem)));
      status = 1;
    }
    // The SDK's event loop has threads that are no daemons.
    System.exit(status);
  }

  private static void run(URI server, Path wav) throws Exception {
    Tasks tasks = new Tasks(server);
    JsonObject created = tasks.create();
    String taskId = created.get("TaskId").getAsString();
    Json.print(Map.of("created", taskId));

    Listener said = stream(created.get("MeetingJoinUrl").getAsString(), wav);
    int sentences = said.ended.size();
    Check.that(sentences > 0, "no sentence");
    List<Integer> counted = IntStream.range(0, sentences).boxed().collect(Collectors.toList());
    Check.that(said.ended.equals(counted), "sentences are not numbered from 0: " + said.ended);
    Check.that(said.begun.equals(counted), "sentences began as " + said.begun);
    Check.that(said.interim > sentences, "too few interim results for OutputLevel 2");
    Check.that(said.translated.size() == sentences, "translated were only " + said.translated);

    String stopped = tasks.stop(taskId).get("TaskStatus").getAsString();
    Check.that("ONGOING".equals(stopped), "stop answers " + stopped);
    JsonObject done = complete(tasks, taskId);
    restart(tasks.create().get("MeetingJoinUrl").getAsString());

    Map<String, Object> checks = new LinkedHashMap<>();
    checks.put("started", said.started);
    checks.put("sentences", sentences);
    checks.put("interim", said.interim);
    checks.put("translations", said.translated.size());
    checks.put("completed", said.completed);
    checks.put("stopped", stopped);
    checks.put("status", done.get("TaskStatus").getAsString());
    checks.put("results", new TreeSet<>(done.getAsJsonObject("Result").keySet()));
    checks.put("restarts", RESTARTS);
    Map<String, Object> verdict = new LinkedHashMap<>();
    verdict.put("client", CLIENT);
    verdict.put(
        "versions",
        Map.of(
            "com.alibaba.nls:nls-sdk-transcriber", version(SpeechTranscriber.class),
            "com.aliyun:aliyun-java-sdk-core", version(DefaultAcsClient.class)));
    verdict.put("runtime", "java " + System.getProperty("java.version"));
    verdict.put("checks", checks);
    Json.print(verdict);
  }

  private static Listener stream(String meetingJoinUrl, Path wav) throws Exception {
    NlsClient client = new NlsClient(meetingJoinUrl, "default");
    Listener said = new Listener();
    try (InputStream audio = Files.newInputStream(wav)) {
      SpeechTranscriber transcriber = transcriber(client, said);
      transcriber.start();
      transcriber.send(audio, FRAME_BYTES, FRAME_EVERY_MS);
      transcriber.stop();
      transcriber.close();
    } finally {
      client.shutdown();
    }
    Check.that(said.problem == null, said.problem);
    Check.that(said.completed, "stop() returned without TranscriptionCompleted");
    return said;
  }

  /** Start and stop on the same URL again and again, each time over a new connection. */
  private static void restart(String meetingJoinUrl) throws Exception {
    NlsClient client = new NlsClient(meetingJoinUrl, "default");
    try {
      for (int round = 0; round < RESTARTS; round++) {
        Listener said = new Listener();
        SpeechTranscriber transcriber = transcriber(client, said);
        transcriber.start();
        transcriber.stop();
        transcriber.close();
        Check.that(said.problem == null, "restart " + round + ": " + said.problem);
        Check.that(said.started && said.completed, "restart " + round + " was not answered");
      }
    } finally {
      client.shutdown();
    }
  }

  private static SpeechTranscriber transcriber(NlsClient client, Listener said) throws Exception {
    SpeechTranscriber transcriber = new SpeechTranscriber(client, said);
    transcriber.setAppKey("default");
    transcriber.setFormat(InputFormatEnum.PCM);
    transcriber.setSampleRate(SampleRateEnum.SAMPLE_RATE_16K);
    transcriber.setEnableIntermediateResult(true);
    transcriber.setEnablePunctuation(true);
    transcriber.setEnableITN(true);
    return transcriber;
  }

  private static JsonObject complete(Tasks tasks, String taskId) throws Exception {
    for (int poll = 0; poll < POLLS; poll++) {
      JsonObject task = tasks.get(taskId);
      String status = task.get("TaskStatus").getAsString();
      Check.that(!"FAILED".equals(status), task.toString());
      if ("COMPLETED".equals(status)) {
        JsonObject results = task.getAsJsonObject("Result");
        for (String name : results.keySet()) {
          JsonObject result = download(results.get(name).getAsString());
          Check.that(taskId.equals(result.get("TaskId").getAsString()), name + " of another task");
          Check.that(result.has(name), name + " is empty");
        }
        return task;
      }
      Thread.sleep(100);
    }
    throw new IllegalStateException("the task does not complete");
  }

  private static JsonObject download(String link) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(link)).build();
    HttpResponse<String> response =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    Check.that(response.statusCode() == 200, link + " answers " + response.statusCode());
    return JsonParser.parseString(response.body()).getAsJsonObject();
  }

  /** The version of the library that a class comes from, by the name of its jar. */
  private static String version(Class<?> type) {
    String jar = Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath())
        .getFileName().toString();
    return jar.replaceAll("^[a-z-]+-(\\d.*)\\.jar$", "$1");
  }
}
