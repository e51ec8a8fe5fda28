package openapi;

import java.util.Map;

/** Calls the API through one of the vendor's SDKs. */
public interface Caller {
  /** The body of an answer, in JSON. Throws what the SDK throws. {@code body} may be null. */
  String call(
      String action,
      String method,
      String path,
      Map<String, String> query,
      Map<String, Object> body)
      throws Exception;

  /** The type of what the SDK has thrown, the code in it, and the HTTP status if it tells. */
  String describe(Exception thrown);
}
