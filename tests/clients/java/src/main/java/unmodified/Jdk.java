package unmodified;

import com.google.gson.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import openapi.Api;
import openapi.Credentials;
import openapi.Json;
import openapi.Plain;

/**
 * A realtime meeting without an SDK: calls and the stream by Java's own HttpClient and WebSocket.
 *
 * <pre>java -cp "target/classes:target/lib/*" unmodified.Jdk WAV</pre>
 */
public final class Jdk implements WebSocket.Listener {
  private static final URI SERVER = URI.create("https://tingwu.cn-beijing.aliyuncs.com");
  private static final int FRAME_BYTES = 3200; // 100 ms of 16 kHz 16-bit mono
  private static final int PATIENCE_SECONDS = 20;

  private final CompletableFuture<Void> started = new CompletableFuture<>();
  private final CompletableFuture<Void> completed = new CompletableFuture<>();
  private final StringBuilder text = new StringBuilder();

  public static void main(String[] arguments) throws Exception {
    Api api = new Api(new Plain(SERVER, Credentials.ofEnvironment()));
    JsonObject task =
        api.create(
            Map.of(
                "AppKey", "my-app",
                "Input", Map.of("SourceLanguage", "cn", "Format", "pcm", "SampleRate", 16000)));
    new Jdk().stream(URI.create(task.get("MeetingJoinUrl").getAsString()), Path.of(arguments[0]));
    api.stop(task.get("TaskId").getAsString());
    JsonObject done = api.complete(task.get("TaskId").getAsString());
    for (String name : Api.download(done)) {
      System.out.println("result " + name);
    }
    System.out.println("status " + done.get("TaskStatus").getAsString());
    System.exit(0);
  }

  private void stream(URI url, Path wav) throws Exception {
    byte[] audio;
    try (AudioInputStream opened = AudioSystem.getAudioInputStream(wav.toFile())) {
      audio = opened.readAllBytes();
    }
    String session = UUID.randomUUID().toString().replace("-", "");
    WebSocket socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(url, this)
            .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    send(socket, session, "StartTranscription", Map.of("format", "pcm", "sample_rate", 16000));
    started.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    for (int at = 0; at < audio.length; at += FRAME_BYTES) {
      byte[] frame = Arrays.copyOfRange(audio, at, Math.min(at + FRAME_BYTES, audio.length));
      socket.sendBinary(ByteBuffer.wrap(frame), true).get();
      Thread.sleep(10);
    }
    send(socket, session, "StopTranscription", Map.of());
    completed.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private static void send(
      WebSocket socket, String session, String name, Map<String, Object> payload)
      throws Exception {
    Map<String, String> header =
        Map.of(
            "namespace", "SpeechTranscriber",
            "name", name,
            "appkey", "default",
            "message_id", UUID.randomUUID().toString().replace("-", ""),
            "task_id", session);
    socket.sendText(Json.text(Map.of("header", header, "payload", payload)), true).get();
  }

  @Override
  public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
    text.append(part);
    if (last) {
      JsonObject message = Json.object(text.toString());
      text.setLength(0);
      handle(message);
    }
    socket.request(1);
    return null;
  }

  private void handle(JsonObject message) {
    JsonObject header = message.getAsJsonObject("header");
    switch (header.get("name").getAsString()) {
      case "TranscriptionStarted":
        started.complete(null);
        break;
      case "SentenceEnd":
        String said = message.getAsJsonObject("payload").get("result").getAsString();
        System.out.println("caption " + said);
        break;
      case "TranscriptionCompleted":
        completed.complete(null);
        break;
      case "TaskFailed":
        onError(null, new IllegalStateException(header.get("status_text").getAsString()));
        break;
      default:
    }
  }

  @Override
  public void onError(WebSocket socket, Throwable problem) {
    started.completeExceptionally(problem);
    completed.completeExceptionally(problem);
  }
}
