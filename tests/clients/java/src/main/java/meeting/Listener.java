package meeting;

import com.alibaba.nls.client.protocol.asr.SpeechTranscriberListener;
import com.alibaba.nls.client.protocol.asr.SpeechTranscriberResponse;
import com.google.gson.JsonElement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import openapi.Json;

/** Collects what the SDK hands on. Its methods are called on the SDK's own thread. */
final class Listener extends SpeechTranscriberListener {
  final List<Integer> begun = new ArrayList<>();
  final List<Integer> ended = new ArrayList<>();
  final Set<Integer> translated = new HashSet<>();
  int interim;
  volatile boolean started;
  volatile boolean completed;
  /** The first thing that went wrong; exceptions in callbacks do not reach the caller. */
  volatile String problem;

  @Override
  public void onTranscriberStart(SpeechTranscriberResponse response) {
    started = response.getStatus() == 20000000;
  }

  @Override
  public void onSentenceBegin(SpeechTranscriberResponse response) {
    begun.add(response.getTransSentenceIndex());
  }

  @Override
  public void onTranscriptionResultChange(SpeechTranscriberResponse response) {
    hold(!response.getTransSentenceText().isEmpty(), "an interim result without text");
    interim += 1;
  }

  @Override
  public void onSentenceEnd(SpeechTranscriberResponse response) {
    int index = response.getTransSentenceIndex();
    int begin = response.getSentenceBeginTime();
    int end = response.getTransSentenceTime();
    String text = response.getTransSentenceText();
    hold(!text.isEmpty(), "sentence " + index + " has no text");
    hold(begin < end, "sentence " + index + " lasts from " + begin + " to " + end);
    hold(response.getConfidence() > 0, "sentence " + index + " has no confidence");
    hold(!response.getWords().isEmpty(), "sentence " + index + " has no words");
    ended.add(index);
    Json.print(Map.of("sentence", index, "text", text));
  }

  @Override
  public void onResultTranslated(SpeechTranscriberResponse response) {
    JsonElement results = Json.tree(response.getObject("translate_result"));
    for (JsonElement result : results.getAsJsonArray()) {
      hold(
          !result.getAsJsonObject().get("text").getAsString().isEmpty(),
          "a translation without text: " + results);
      translated.add(result.getAsJsonObject().get("index").getAsInt());
    }
  }

  @Override
  public void onTranscriptionComplete(SpeechTranscriberResponse response) {
    completed = true;
  }

  @Override
  public void onFail(SpeechTranscriberResponse response) {
    hold(false, "TaskFailed " + response.getStatus() + " " + response.getStatusText());
  }

  private void hold(boolean holds, String otherwise) {
    if (!holds && problem == null) {
      problem = otherwise;
    }
  }
}
