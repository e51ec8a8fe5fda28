package openapi;

import com.aliyun.auth.credentials.Credential;
import com.aliyun.auth.credentials.provider.StaticCredentialProvider;
import com.aliyun.core.http.BodyType;
import com.aliyun.core.http.HttpMethod;
import com.aliyun.sdk.gateway.pop.clients.CommonAsyncClient;
import com.aliyun.sdk.gateway.pop.exception.PopClientException;
import com.aliyun.sdk.gateway.pop.models.CommonRequest;
import darabonba.core.client.ClientOverrideConfiguration;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.ExecutionException;

/** CommonAsyncClient of aliyun-gateway-pop, the core of the asynchronous libraries. */
public final class Async implements Caller {
  private final CommonAsyncClient client;

  public Async(URI server, Credentials credentials) {
    Credential key =
        Credential.builder()
            .accessKeyId(credentials.id)
            .accessKeySecret(credentials.secret)
            .build();
    client =
        CommonAsyncClient.builder()
            .region("cn-beijing")
            .credentialsProvider(StaticCredentialProvider.create(key))
            .overrideConfiguration(
                ClientOverrideConfiguration.create()
                    .setEndpointOverride(server.getAuthority())
                    .setProtocol(server.getScheme().toUpperCase()))
            .build();
  }

  @Override
  public String call(
      String action,
      String method,
      String path,
      Map<String, String> query,
      Map<String, Object> body)
      throws Exception {
    CommonRequest.Builder request =
        CommonRequest.builder()
            .product("tingwu")
            .version("2023-09-30")
            .action(action)
            .path(path)
            .httpMethod(HttpMethod.valueOf(method))
            .requestBodyType(BodyType.JSON)
            .responseBodyType(BodyType.JSON)
            .isFormData(false);
    query.forEach(request::putQueryParameters);
    if (body != null) {
      body.forEach(request::putBodyParameters);
    }
    try {
      return Json.text(client.callApi(request.build()).get().getBody());
    } catch (ExecutionException wrapped) {
      throw wrapped.getCause() instanceof Exception ? (Exception) wrapped.getCause() : wrapped;
    }
  }

  @Override
  public String describe(Exception thrown) {
    Check.that(thrown instanceof PopClientException, String.valueOf(thrown));
    PopClientException raised = (PopClientException) thrown;
    return String.format(
        "%s: %s, %d",
        thrown.getClass().getSimpleName(), raised.getErrCode(), raised.getStatusCode());
  }
}
