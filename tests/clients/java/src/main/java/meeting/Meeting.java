package meeting;

import com.alibaba.nls.client.protocol.InputFormatEnum;
import com.alibaba.nls.client.protocol.NlsClient;
import com.alibaba.nls.client.protocol.SampleRateEnum;
import com.alibaba.nls.client.protocol.asr.SpeechTranscriber;
import com.aliyuncs.DefaultAcsClient;
import com.google.gson.JsonObject;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import openapi.Api;
import openapi.Check;
import openapi.Core;
import openapi.Credentials;
import openapi.Json;

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
    Api api = new Api(new Core(server, Credentials.ofEnvironment()));
    JsonObject created = api.create(body());
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

    String stopped = api.stop(taskId).get("TaskStatus").getAsString();
    Check.that("ONGOING".equals(stopped), "stop answers " + stopped);
    JsonObject done = api.complete(taskId);
    restart(api.create(body()).get("MeetingJoinUrl").getAsString());

    Map<String, Object> checks = new LinkedHashMap<>();
    checks.put("started", said.started);
    checks.put("sentences", sentences);
    checks.put("interim", said.interim);
    checks.put("translations", said.translated.size());
    checks.put("completed", said.completed);
    checks.put("stopped", stopped);
    checks.put("status", done.get("TaskStatus").getAsString());
    checks.put("results", Api.download(done));
    checks.put("restarts", RESTARTS);
    Map<String, Object> verdict = new LinkedHashMap<>();
    verdict.put("client", CLIENT);
    verdict.put(
        "versions",
        Map.of(
            "com.alibaba.nls:nls-sdk-transcriber", Api.version(SpeechTranscriber.class),
            "com.aliyun:aliyun-java-sdk-core", Api.version(DefaultAcsClient.class)));
    verdict.put("runtime", "java " + System.getProperty("java.version"));
    verdict.put("checks", checks);
    Json.print(verdict);
  }

  private static Map<String, Object> body() {
    return Map.of(
        "AppKey", "java-client",
        "Input",
            Map.of(
                "SourceLanguage", "cn",
                "Format", "pcm",
                "SampleRate", 16000,
                "TaskKey", "task" + System.currentTimeMillis()),
        "Parameters",
            Map.of(
                // The vendor's sample sends this object empty.
                "Transcoding", Map.of(),
                "Transcription", Map.of("OutputLevel", 2),
                "TranslationEnabled", true,
                "Translation", Map.of("TargetLanguages", List.of("en"), "OutputLevel", 2),
                "AutoChaptersEnabled", true));
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
}
