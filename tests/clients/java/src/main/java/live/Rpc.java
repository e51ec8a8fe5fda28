package live;

import com.aliyuncs.CommonRequest;
import com.aliyuncs.DefaultAcsClient;
import com.aliyuncs.IAcsClient;
import com.aliyuncs.exceptions.ClientException;
import com.aliyuncs.http.MethodType;
import com.aliyuncs.http.ProtocolType;
import com.aliyuncs.profile.DefaultProfile;
import com.google.gson.JsonObject;
import java.net.URI;
import java.util.Map;
import openapi.Check;
import openapi.Credentials;
import openapi.Json;

/** CommonRequest of aliyun-java-sdk-core in RPC style: GET with a query, or POST with a form. */
final class Rpc {
  private final String authority;
  private final ProtocolType protocol;
  private final MethodType method;
  private final IAcsClient client;

  Rpc(URI server, MethodType method, Credentials credentials) {
    authority = server.getAuthority();
    protocol = ProtocolType.valueOf(server.getScheme().toUpperCase());
    this.method = method;
    client =
        new DefaultAcsClient(
            DefaultProfile.getProfile("cn-shanghai", credentials.id, credentials.secret));
  }

  JsonObject call(String action, Map<String, String> parameters) throws ClientException {
    CommonRequest request = new CommonRequest();
    request.setSysDomain(authority);
    request.setSysVersion("2016-11-01");
    request.setSysAction(action);
    request.setSysProtocol(protocol);
    request.setSysMethod(method);
    parameters.forEach(
        (name, value) -> {
          if (method == MethodType.GET) {
            request.putQueryParameter(name, value);
          } else {
            request.putBodyParameter(name, value);
          }
        });
    return Json.object(client.getCommonResponse(request).getData());
  }

  /** The answer of a call that is a success. */
  JsonObject called(String action, Map<String, String> parameters) throws ClientException {
    JsonObject answer = call(action, parameters);
    Check.that(answer.get("RetCode").getAsInt() == 2000, answer.toString());
    Check.that("success".equals(answer.get("Description").getAsString()), answer.toString());
    return answer;
  }

  /** The tasks that a Query shows, by id. */
  JsonObject query(Map<String, String> parameters) throws ClientException {
    return called("QueryRtcAsrTasks", parameters).getAsJsonObject("Tasks");
  }
}
