package dashscope;

import com.alibaba.dashscope.multimodal.tingwu.TingWuRealtime;
import com.alibaba.dashscope.multimodal.tingwu.TingWuRealtimeParam;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.sound.sampled.AudioInputStream;
import javax.sound.sampled.AudioSystem;
import openapi.Check;

/** Pushes a recording into meetings. */
final class Streams {
  static final String MODEL = "tingwu-meeting-realtime";
  private static final int FRAME_BYTES = 3200; // 100 ms of 16 kHz 16-bit mono
  private static final int FRAME_EVERY_MS = 10;
  private static final int PATIENCE_SECONDS = 10;
  private static final int STOP_SECONDS = 8;

  private final byte[] audio;

  Streams(Path wav) throws Exception {
    try (AudioInputStream stream = AudioSystem.getAudioInputStream(wav.toFile())) {
      audio = stream.readAllBytes();
    }
  }

  /** Push everything, and wait until the task is finished. */
  Listener push(TingWuRealtime sdk, String dataId) throws Exception {
    return push(sdk, dataId, Map.of(), audio.length);
  }

  /** Push so many bytes; {@code parameters} are those of run-task. */
  Listener push(TingWuRealtime sdk, String dataId, Map<String, Object> parameters, int bytes)
      throws Exception {
    Listener said = begin(sdk, dataId, null, parameters, bytes == audio.length);
    Check.that(said.error == null, "the meeting does not listen: " + said.error);
    Check.that(!said.closed, "the connection was closed");
    Check.that(dataId.equals(said.dataId), "speech-listen names " + said.dataId);
    for (int at = 0; at < bytes; at += FRAME_BYTES) {
      byte[] frame = Arrays.copyOfRange(audio, at, Math.min(at + FRAME_BYTES, bytes));
      sdk.sendAudioFrame(ByteBuffer.wrap(frame));
      Thread.sleep(FRAME_EVERY_MS);
    }
    long finished = System.nanoTime();
    sdk.stop();
    // It waits for task-finished, or for the end of an idle connection, which comes later.
    long waited = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - finished);
    Check.that(waited < STOP_SECONDS, "stop() came back only after " + waited + " s");
    Check.that(said.error == null, "the stream failed: " + said.error);
    Check.that(said.problem == null, said.problem);
    Check.that(said.stopped && said.closed, "stop() came back without speech-end");
    return said;
  }

  /** Begin, and wait for speech-listen or an error. */
  Listener begin(
      TingWuRealtime sdk,
      String dataId,
      String key,
      Map<String, Object> parameters,
      boolean aloud)
      throws InterruptedException, IOException {
    // The SDK puts appId and directive into the same map.
    Map<String, Object> input = new HashMap<>(Map.of("dataId", dataId));
    TingWuRealtimeParam param =
        TingWuRealtimeParam.builder()
            .model(MODEL)
            .appId(Calls.APP_ID)
            .format("pcm")
            .sampleRate(16000)
            .input(input)
            .parameters(parameters)
            .apiKey(key)
            .build();
    Listener said = new Listener(aloud);
    sdk.call(param, said);
    said.await(PATIENCE_SECONDS);
    return said;
  }
}
