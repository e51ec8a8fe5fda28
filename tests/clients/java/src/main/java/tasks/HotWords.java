package tasks;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import openapi.Api;
import openapi.Check;
import openapi.Json;

/** All operations on one list of hot words, the weights as text in JSON. */
final class HotWords {
  private static final String PATH = "/openapi/tingwu/v2/resources/phrases";
  private static final Map<String, Object> FIRST =
      Map.of(
          "Name", "产品名 & 词",
          "Description", "第一版",
          "WordWeights", "{\"听悟\":3,\"café\":2}");
  private static final Map<String, Object> SECOND =
      Map.of("Name", "产品名 二", "Description", "第二版", "WordWeights", "{\"通义\":5}");

  /** The operations that worked. */
  final List<String> done = new ArrayList<>();

  private final Api api;
  private String id;

  HotWords(Api api) {
    this.api = api;
  }

  /** Returns the list's id. */
  String create() throws Exception {
    JsonObject created = succeeded("Create", "POST", PATH, FIRST);
    id = created.get("PhraseId").getAsString();
    done.add("create");
    return id;
  }

  void list() throws Exception {
    Map<String, Object> head = new HashMap<>(FIRST);
    head.remove("WordWeights");
    head.put("PhraseId", id);
    JsonObject listed = succeeded("List", "GET", PATH, null);
    Check.that(listed.getAsJsonArray("Phrases").contains(Json.tree(head)), listed.toString());
    done.add("list");
  }

  void get() throws Exception {
    expect(FIRST);
    done.add("get");
  }

  void update() throws Exception {
    succeeded("Update", "PUT", PATH + "/" + id, SECOND);
    expect(SECOND);
    done.add("update");
  }

  void delete() throws Exception {
    succeeded("Delete", "DELETE", PATH + "/" + id, null);
    JsonElement left = succeeded("List", "GET", PATH, null).get("Phrases");
    Check.that(left == null || !left.toString().contains(id), "the list is still there");
    done.add("delete");
  }

  private void expect(Map<String, Object> words) throws Exception {
    Map<String, Object> whole = new HashMap<>(words);
    whole.put("PhraseId", id);
    JsonObject got = succeeded("Get", "GET", PATH + "/" + id, null);
    Check.that(got.get("Phrases").equals(Json.tree(List.of(whole))), got.toString());
  }

  private JsonObject succeeded(
      String operation, String method, String path, Map<String, Object> body) throws Exception {
    JsonObject data =
        api.data(operation + "TranscriptionPhrases", method, path, Map.of(), body);
    Check.that("SUCCEEDED".equals(data.get("Status").getAsString()), data.toString());
    return data;
  }
}
