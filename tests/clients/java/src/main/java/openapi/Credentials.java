package openapi;

/** An access key. */
public final class Credentials {
  public final String id;
  public final String secret;

  public Credentials(String id, String secret) {
    this.id = id;
    this.secret = secret;
  }

  public static Credentials ofEnvironment() {
    return new Credentials(
        System.getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"),
        System.getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET"));
  }
}
