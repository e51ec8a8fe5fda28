package openapi;

import com.aliyun.tea.TeaException;
import com.aliyun.teaopenapi.Client;
import com.aliyun.teaopenapi.models.Config;
import com.aliyun.teaopenapi.models.OpenApiRequest;
import com.aliyun.teaopenapi.models.Params;
import com.aliyun.teautil.models.RuntimeOptions;
import java.net.URI;
import java.util.Map;

/**
 * callApi of tea-openapi, with ACS3 signatures. The typed library of Tingwu is a thin layer over it,
 * with the same parameters.
 */
public final class Tea implements Caller {
  private final Client client;

  public Tea(URI server, Credentials credentials) throws Exception {
    client =
        new Client(
            new Config()
                .setAccessKeyId(credentials.id)
                .setAccessKeySecret(credentials.secret)
                .setEndpoint(server.getAuthority())
                // The operations ask for HTTPS; the protocol of the configuration wins.
                .setProtocol(server.getScheme().toUpperCase()));
  }

  @Override
  public String call(
      String action,
      String method,
      String path,
      Map<String, String> query,
      Map<String, Object> body)
      throws Exception {
    Params params =
        new Params()
            .setAction(action)
            .setVersion("2023-09-30")
            .setProtocol("HTTPS")
            .setPathname(path)
            .setMethod(method)
            .setAuthType("AK")
            .setStyle("ROA")
            .setReqBodyType("json")
            .setBodyType("json");
    OpenApiRequest request = new OpenApiRequest().setQuery(query).setBody(body);
    return Json.text(client.callApi(params, request, new RuntimeOptions()).get("body"));
  }

  @Override
  public String describe(Exception thrown) {
    Check.that(thrown instanceof TeaException, String.valueOf(thrown));
    TeaException raised = (TeaException) thrown;
    return String.format(
        "%s: %s, %d", thrown.getClass().getSimpleName(), raised.getCode(), raised.getStatusCode());
  }
}
