package openapi;

import com.aliyuncs.CommonRequest;
import com.aliyuncs.DefaultAcsClient;
import com.aliyuncs.IAcsClient;
import com.aliyuncs.exceptions.ClientException;
import com.aliyuncs.http.FormatType;
import com.aliyuncs.http.MethodType;
import com.aliyuncs.http.ProtocolType;
import com.aliyuncs.profile.DefaultProfile;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** CommonRequest of aliyun-java-sdk-core, with ROA signatures. */
public final class Core implements Caller {
  private final String authority;
  private final ProtocolType protocol;
  private final IAcsClient client;

  public Core(URI server, Credentials credentials) {
    authority = server.getAuthority();
    protocol = ProtocolType.valueOf(server.getScheme().toUpperCase());
    client =
        new DefaultAcsClient(
            DefaultProfile.getProfile("cn-beijing", credentials.id, credentials.secret));
  }

  @Override
  public String call(
      String action,
      String method,
      String path,
      Map<String, String> query,
      Map<String, Object> body)
      throws ClientException {
    CommonRequest request = new CommonRequest();
    request.setSysDomain(authority);
    request.setSysVersion("2023-09-30");
    request.setSysProtocol(protocol);
    request.setSysMethod(MethodType.valueOf(method));
    request.setSysUriPattern(path);
    query.forEach(request::putQueryParameter);
    if (body != null) {
      byte[] content = Json.text(body).getBytes(StandardCharsets.UTF_8);
      request.setHttpContent(content, "utf-8", FormatType.JSON);
    }
    return client.getCommonResponse(request).getData();
  }

  @Override
  public String describe(Exception thrown) {
    Check.that(thrown instanceof ClientException, String.valueOf(thrown));
    return thrown.getClass().getSimpleName() + ": " + ((ClientException) thrown).getErrCode();
  }
}
