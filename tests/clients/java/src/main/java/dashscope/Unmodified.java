package dashscope;

import com.alibaba.dashscope.multimodal.tingwu.TingWu;
import com.alibaba.dashscope.multimodal.tingwu.TingWuRealtime;
import com.google.gson.JsonObject;
import java.nio.file.Path;
import java.util.Map;

/**
 * A meeting with DashScope's agents, at the SDK's own addresses.
 *
 * <pre>java -cp "target/classes:target/lib/*" dashscope.Unmodified WAV</pre>
 */
public final class Unmodified {
  private Unmodified() {}

  public static void main(String[] arguments) throws Exception {
    Calls calls = new Calls(new TingWu(), null);
    Map<String, Object> input =
        Map.of(
            "task", "createTask",
            "type", "realtime",
            "appId", Calls.APP_ID,
            "format", "pcm",
            "sampleRate", 16000);
    String dataId = calls.create(Calls.MEETING, input, Map.of()).get("dataId").getAsString();
    TingWuRealtime realtime = new TingWuRealtime();
    new Streams(Path.of(arguments[0])).push(realtime, dataId);
    realtime.getDuplexApi().close(1000, "bye");
    Map<String, Object> end =
        Map.of("task", "createTask", "type", "realtime", "appId", Calls.APP_ID, "dataId", dataId);
    calls.create(Calls.MEETING, end, Map.of());
    JsonObject done = calls.complete(Calls.MEETING, dataId);
    for (String name : Files.download(done)) {
      System.out.println("result " + name);
    }
    System.out.println("status COMPLETED");
    // The SDK's connections have threads that are no daemons.
    System.exit(0);
  }
}
