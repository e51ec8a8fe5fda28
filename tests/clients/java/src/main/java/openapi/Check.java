package openapi;

/** Ends the program when something is not as it should be. */
public final class Check {
  private Check() {}

  public static void that(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalStateException(otherwise);
    }
  }
}
