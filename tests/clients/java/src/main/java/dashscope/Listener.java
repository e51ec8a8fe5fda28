package dashscope;

import com.alibaba.dashscope.multimodal.tingwu.TingWuRealtimeCallback;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import openapi.Check;
import openapi.Json;

/** Collects what the SDK hands on. Its methods are called on the SDK's own threads. */
final class Listener extends TingWuRealtimeCallback {
  final List<Integer> begun = new ArrayList<>();
  final List<Integer> ended = new ArrayList<>();
  final Set<Integer> translated = new HashSet<>();
  int interim;
  volatile String taskId;
  volatile String dataId;
  volatile boolean stopped;
  volatile boolean closed;
  /** The code that the SDK hands on when something fails. */
  volatile String error;
  /** The first thing that is wrong; exceptions in callbacks do not reach the caller. */
  volatile String problem;

  private final boolean aloud;
  /** Passed when audio is welcome, or never will be. */
  private final CountDownLatch decided = new CountDownLatch(1);

  /** {@code aloud}: print what is said. */
  Listener(boolean aloud) {
    this.aloud = aloud;
  }

  /** Wait for speech-listen, or for an error. */
  void await(int seconds) throws InterruptedException {
    Check.that(decided.await(seconds, TimeUnit.SECONDS), "neither speech-listen nor an error");
  }

  @Override
  public void onStarted(String id) {
    taskId = id;
  }

  @Override
  public void onSpeechListen(String id, String meeting) {
    dataId = meeting;
    decided.countDown();
  }

  @Override
  public void onRecognizeResult(String id, JsonObject output) {
    hold(id.equals(taskId), "a result of the task " + id);
    hold(output.has("transcription") != output.has("translations"), "both, or none: " + output);
    if (output.has("transcription")) {
      transcribed(output.getAsJsonObject("transcription"));
    } else {
      translated(output.getAsJsonObject("translations").getAsJsonObject("en"));
    }
  }

  @Override
  public void onAiResult(String id, JsonObject output) {
    hold(false, "no instruction was given: " + output);
  }

  @Override
  public void onStopped(String id) {
    stopped = true;
  }

  @Override
  public void onError(String code, String message) {
    error = code;
    Json.print(Map.of("error", code, "message", message));
    decided.countDown();
  }

  @Override
  public void onClosed() {
    closed = true;
    decided.countDown();
  }

  private void transcribed(JsonObject said) {
    int index = said.get("sentenceId").getAsInt();
    if (!said.has("text")) {
      begun.add(index);
      return;
    }
    String text = said.get("text").getAsString();
    JsonArray words = said.getAsJsonArray("words");
    hold(!text.isEmpty(), "sentence " + index + " has no text");
    hold(words.size() > 0, "sentence " + index + " has no words");
    for (JsonElement word : words) {
      int begin = word.getAsJsonObject().get("beginTime").getAsInt();
      int end = word.getAsJsonObject().get("endTime").getAsInt();
      hold(begin < end, "a word lasts from " + begin + " to " + end);
    }
    if (!said.get("sentenceEnd").getAsBoolean()) {
      interim += 1;
      return;
    }
    hold(said.has("stashResult"), "sentence " + index + " has no stashResult");
    ended.add(index);
    if (aloud) {
      Json.print(Map.of("sentence", index, "text", text));
    }
  }

  private void translated(JsonObject translation) {
    for (JsonElement element : translation.getAsJsonArray("translateResult")) {
      JsonObject result = element.getAsJsonObject();
      hold(!result.get("text").getAsString().isEmpty(), "no text in " + translation);
      if (result.has("endTime")) {
        translated.add(result.get("sentenceId").getAsInt());
      }
    }
  }

  private void hold(boolean holds, String otherwise) {
    if (!holds && problem == null) {
      problem = otherwise;
    }
  }
}
