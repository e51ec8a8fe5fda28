package openapi;

import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * No SDK at all: Java's own HttpClient, with ACS3 signatures by hand. Unlike the SDKs' clients it
 * offers to go on in HTTP/2 with every request.
 */
public final class Plain implements Caller {
  private static final String ALGORITHM = "ACS3-HMAC-SHA256";

  private final URI server;
  private final Credentials credentials;
  private final HttpClient client = HttpClient.newHttpClient();

  public Plain(URI server, Credentials credentials) {
    this.server = server;
    this.credentials = credentials;
  }

  @Override
  public String call(
      String action,
      String method,
      String path,
      Map<String, String> query,
      Map<String, Object> body)
      throws Exception {
    String content = body == null ? "" : Json.text(body);
    // What is asked here needs no escapes.
    String search = joined(new TreeMap<>(query), "=", "&");
    TreeMap<String, String> headers = new TreeMap<>();
    headers.put("x-acs-action", action);
    headers.put("x-acs-content-sha256", sha256(content));
    headers.put("x-acs-date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    headers.put("x-acs-signature-nonce", UUID.randomUUID().toString());
    headers.put("x-acs-version", "2023-09-30");
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.resolve(path + "?" + search))
            .method(method, HttpRequest.BodyPublishers.ofString(content))
            .header("accept", "application/json")
            .header("authorization", authorization(method, path, search, headers));
    headers.forEach(request::header);
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString()).body();
  }

  @Override
  public String describe(Exception thrown) {
    return String.valueOf(thrown);
  }

  private String authorization(
      String method, String path, String search, TreeMap<String, String> headers)
      throws Exception {
    TreeMap<String, String> signed = new TreeMap<>(headers);
    signed.put("host", server.getAuthority()); // which the client sends by itself
    String names = String.join(";", signed.keySet());
    String digest = headers.get("x-acs-content-sha256");
    String lines = joined(signed, ":", "\n") + "\n";
    String canonical = String.join("\n", method, path, search, lines, names, digest);
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(bytes(credentials.secret), "HmacSHA256"));
    String signature = hex(mac.doFinal(bytes(ALGORITHM + "\n" + sha256(canonical))));
    return String.format(
        "%s Credential=%s,SignedHeaders=%s,Signature=%s",
        ALGORITHM, credentials.id, names, signature);
  }

  private static String joined(TreeMap<String, String> pairs, String between, String behind) {
    return pairs.entrySet().stream()
        .map(pair -> pair.getKey() + between + pair.getValue())
        .collect(Collectors.joining(behind));
  }

  private static String sha256(String text) throws Exception {
    return hex(MessageDigest.getInstance("SHA-256").digest(bytes(text)));
  }

  private static String hex(byte[] digest) {
    return String.format("%064x", new BigInteger(1, digest));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
