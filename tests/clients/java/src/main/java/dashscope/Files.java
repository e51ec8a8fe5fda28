package dashscope;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import openapi.Check;

/** The files that getTask leads to. */
final class Files {
  /** What is in each; of those that are lists, in every item. */
  private static final Map<String, Set<String>> KEYS =
      Map.of(
          "transcriptionPath", Set.of("audioInfo", "audioSegments", "paragraphs"),
          "translationsPath", Set.of("paragraphs"),
          "autoChaptersPath", Set.of("id", "start", "end", "headline", "summary"),
          "summarizationPath",
              Set.of(
                  "paragraphSummary",
                  "conversationalSummary",
                  "questionsAnsweringSummary",
                  "mindMapSummary"),
          "meetingAssistancePath", Set.of("keywords", "actions", "classifications"),
          "textPolishPath",
              Set.of("formalParagraphText", "sentenceIds", "paragraphId", "start", "end"),
          "customPromptPath", Set.of("name", "result", "truncated"),
          "generalServiceInsightsPath", Set.of("generalServiceInsights"),
          "generalSaleInsightsPath", Set.of("generalSaleInsights"));

  private static final HttpClient PLAIN = HttpClient.newHttpClient();

  private Files() {}

  /** Read every result of a task, with plain requests; returns their names in order. */
  static Set<String> download(JsonObject task) throws Exception {
    Set<String> names = new TreeSet<>();
    for (String name : task.keySet()) {
      if (name.endsWith("Path")) {
        names.add(name);
        look(name, JsonParser.parseString(text(read(name, task))));
      } else if (name.equals("playbackUrl")) {
        Check.that(read(name, task).length > 0, "there is nothing to be heard");
      }
    }
    return names;
  }

  private static void look(String name, JsonElement content) {
    Check.that(KEYS.containsKey(name), name + " is new");
    Iterable<JsonElement> items =
        content.isJsonArray() ? content.getAsJsonArray() : List.of(content);
    for (JsonElement item : items) {
      Set<String> found = item.getAsJsonObject().keySet();
      Check.that(found.equals(KEYS.get(name)), name + " has " + found);
    }
    Check.that(!content.isJsonArray() || content.getAsJsonArray().size() > 0, name + " is empty");
  }

  private static byte[] read(String name, JsonObject task) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(task.get(name).getAsString())).build();
    HttpResponse<byte[]> response =
        PLAIN.send(request, HttpResponse.BodyHandlers.ofByteArray());
    Check.that(response.statusCode() == 200, name + " answers " + response.statusCode());
    return response.body();
  }

  private static String text(byte[] content) {
    return new String(content, StandardCharsets.UTF_8);
  }
}
