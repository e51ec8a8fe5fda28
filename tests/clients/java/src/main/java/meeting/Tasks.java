package meeting;

import com.aliyuncs.CommonRequest;
import com.aliyuncs.DefaultAcsClient;
import com.aliyuncs.IAcsClient;
import com.aliyuncs.exceptions.ClientException;
import com.aliyuncs.http.FormatType;
import com.aliyuncs.http.MethodType;
import com.aliyuncs.http.ProtocolType;
import com.aliyuncs.profile.DefaultProfile;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** The OpenAPI calls of a meeting, as CommonRequest of aliyun-java-sdk-core. */
final class Tasks {
  private static final String PATH = "/openapi/tingwu/v2/tasks";

  private final String authority;
  private final IAcsClient client;

  Tasks(URI server) {
    authority = server.getAuthority();
    client =
        new DefaultAcsClient(
            DefaultProfile.getProfile(
                "cn-beijing",
                System.getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"),
                System.getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")));
  }

  /** Create a realtime task; returns its Data. */
  JsonObject create() throws ClientException {
    Map<String, Object> body =
        Map.of(
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
    return put(body, Map.of("type", "realtime"));
  }

  /** End a task, as the vendor's sample does: without AppKey. Returns its Data. */
  JsonObject stop(String taskId) throws ClientException {
    return put(
        Map.of("Input", Map.of("TaskId", taskId)),
        Map.of("type", "realtime", "operation", "stop"));
  }

  /** The Data of a task. */
  JsonObject get(String taskId) throws ClientException {
    return call(request(MethodType.GET, PATH + "/" + taskId));
  }

  private JsonObject put(Map<String, Object> body, Map<String, String> query)
      throws ClientException {
    CommonRequest request = request(MethodType.PUT, PATH);
    query.forEach(request::putQueryParameter);
    byte[] content = Json.text(body).getBytes(StandardCharsets.UTF_8);
    request.setHttpContent(content, "utf-8", FormatType.JSON);
    return call(request);
  }

  private CommonRequest request(MethodType method, String path) {
    CommonRequest request = new CommonRequest();
    request.setSysDomain(authority);
    request.setSysVersion("2023-09-30");
    request.setSysProtocol(ProtocolType.HTTP);
    request.setSysMethod(method);
    request.setSysUriPattern(path);
    return request;
  }

  private JsonObject call(CommonRequest request) throws ClientException {
    String answer = client.getCommonResponse(request).getData();
    JsonObject body = JsonParser.parseString(answer).getAsJsonObject();
    Check.that("0".equals(body.get("Code").getAsString()), answer);
    return body.getAsJsonObject("Data");
  }
}
