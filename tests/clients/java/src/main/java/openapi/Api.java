package openapi;

import com.google.gson.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The operations on tasks, and all others by their path. */
public final class Api {
  private static final String TASKS = "/openapi/tingwu/v2/tasks";
  private static final int POLLS = 300;

  public final Caller caller;

  public Api(Caller caller) {
    this.caller = caller;
  }

  /** Create a realtime task; returns its Data. */
  public JsonObject create(Map<String, Object> body) throws Exception {
    return data("CreateTask", "PUT", TASKS, Map.of("type", "realtime"), body);
  }

  /** Create an offline task, or run one again; returns its Data. */
  public JsonObject createOffline(Map<String, Object> body) throws Exception {
    return data("CreateTask", "PUT", TASKS, Map.of("type", "offline"), body);
  }

  /** End a task, as the vendor's sample does: without AppKey. Returns its Data. */
  public JsonObject stop(String taskId) throws Exception {
    Map<String, String> query = Map.of("type", "realtime", "operation", "stop");
    return data("CreateTask", "PUT", TASKS, query, Map.of("Input", Map.of("TaskId", taskId)));
  }

  /** The Data of a task. */
  public JsonObject get(String taskId) throws Exception {
    return data("GetTaskInfo", "GET", TASKS + "/" + taskId, Map.of(), null);
  }

  /** Poll until the task is COMPLETED or FAILED; returns its Data. */
  public JsonObject end(String taskId) throws Exception {
    for (int poll = 0; poll < POLLS; poll++) {
      JsonObject task = get(taskId);
      Check.that(taskId.equals(task.get("TaskId").getAsString()), task.toString());
      if (!"ONGOING".equals(task.get("TaskStatus").getAsString())) {
        return task;
      }
      Thread.sleep(100);
    }
    throw new IllegalStateException("the task does not end");
  }

  /** Poll until the task is COMPLETED; returns its Data. */
  public JsonObject complete(String taskId) throws Exception {
    JsonObject task = end(taskId);
    Check.that("COMPLETED".equals(task.get("TaskStatus").getAsString()), task.toString());
    return task;
  }

  /** The whole answer of an operation that says it is a success. */
  public JsonObject answer(
      String action,
      String method,
      String path,
      Map<String, String> query,
      Map<String, Object> body)
      throws Exception {
    JsonObject answer = Json.object(caller.call(action, method, path, query, body));
    Check.that("0".equals(answer.get("Code").getAsString()), answer.toString());
    Check.that("success".equals(answer.get("Message").getAsString()), answer.toString());
    return answer;
  }

  /** The Data of an operation that says it is a success. */
  public JsonObject data(
      String action,
      String method,
      String path,
      Map<String, String> query,
      Map<String, Object> body)
      throws Exception {
    return answer(action, method, path, query, body).getAsJsonObject("Data");
  }

  /** Read every result of a task, with plain requests; returns their names in order. */
  public static Set<String> download(JsonObject task) throws Exception {
    HttpClient plain = HttpClient.newHttpClient();
    JsonObject links = task.getAsJsonObject("Result");
    for (String name : links.keySet()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(links.get(name).getAsString())).build();
      HttpResponse<String> response = plain.send(request, HttpResponse.BodyHandlers.ofString());
      Check.that(response.statusCode() == 200, name + " answers " + response.statusCode());
      JsonObject result = Json.object(response.body());
      Check.that(result.get("TaskId").equals(task.get("TaskId")), name + " of another task");
      Check.that(result.has(name), name + " is empty");
    }
    return new TreeSet<>(links.keySet());
  }

  /** The version of the library that a class comes from, by the name of its jar. */
  public static String version(Class<?> type) {
    String jar =
        Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath())
            .getFileName()
            .toString();
    return jar.replaceAll("^[a-z-]+-(\\d.*)\\.jar$", "$1");
  }
}
