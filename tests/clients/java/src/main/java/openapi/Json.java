package openapi;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;

/** JSON lines on standard output, and JSON in general. */
public final class Json {
  private static final Gson GSON = new GsonBuilder().serializeNulls().disableHtmlEscaping().create();

  private Json() {}

  public static String text(Object value) {
    return GSON.toJson(value);
  }

  public static JsonElement tree(Object value) {
    return GSON.toJsonTree(value);
  }

  public static JsonObject object(String text) {
    return JsonParser.parseString(text).getAsJsonObject();
  }

  public static void print(Object line) {
    System.out.println(text(line));
  }
}
