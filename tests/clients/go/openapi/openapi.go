// Package openapi has what the programs share, whichever SDK makes the calls.
package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"time"
)

// Where the API has its operations.
const (
	TasksPath   = "/openapi/tingwu/v2/tasks"
	PhrasesPath = "/openapi/tingwu/v2/resources/phrases"
)

const polls = 300

// JSON written by hand.
type (
	Object = map[string]any
	List   = []any
)

// Client calls the API through an SDK. Call gives the body of an answer, or what the SDK raised.
type Client interface {
	Call(action, method, path string, query map[string]string, body Object) ([]byte, error)
}

// Task is the Data of every operation on tasks.
type Task struct {
	TaskId         string
	TaskKey        string
	TaskStatus     string
	MeetingJoinUrl string
	ErrorCode      string
	Result         map[string]string
}

// Call makes a call and reads the Data of its answer.
func Call[Data any](
	client Client, action, method, path string, query map[string]string, body Object,
) (*Data, error) {
	content, err := client.Call(action, method, path, query, body)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Code    string
		Message string
		Data    Data
	}
	if err := json.Unmarshal(content, &answer); err != nil {
		return nil, err
	}
	if answer.Code != "0" || answer.Message != "success" {
		return nil, fmt.Errorf("%s answers %s", action, content)
	}
	return &answer.Data, nil
}

// Put creates, stops or runs a task again, as the query says.
func Put(client Client, query map[string]string, body Object) (*Task, error) {
	return Call[Task](client, "CreateTask", "PUT", TasksPath, query, body)
}

// Get asks for a task.
func Get(client Client, taskID string) (*Task, error) {
	return Call[Task](client, "GetTaskInfo", "GET", TasksPath+"/"+taskID, nil, nil)
}

// End polls until the task is COMPLETED or FAILED.
func End(client Client, taskID string) (*Task, error) {
	for range polls {
		task, err := Get(client, taskID)
		if err != nil {
			return nil, err
		}
		if task.TaskStatus != "ONGOING" {
			return task, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil, errors.New("the task does not end")
}

// Complete polls until the task is COMPLETED.
func Complete(client Client, taskID string) (*Task, error) {
	task, err := End(client, taskID)
	if err == nil && task.TaskStatus != "COMPLETED" {
		err = fmt.Errorf("the task ends %s, %s", task.TaskStatus, task.ErrorCode)
	}
	return task, err
}

// Download reads every result of a task with plain requests and gives their names in order.
func Download(task *Task) ([]string, error) {
	var names []string
	for name, link := range task.Result {
		response, err := http.Get(link)
		if err != nil {
			return nil, err
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("%s answers %s", name, response.Status)
		}
		var result Object
		if err := json.NewDecoder(response.Body).Decode(&result); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if result["TaskId"] != task.TaskId || result[name] == nil {
			return nil, fmt.Errorf("%s is not of task %s, or empty", name, task.TaskId)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

// Credentials are those of the environment.
func Credentials() (id, secret string) {
	return os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"), os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")
}

// Versions are those of some modules in this very binary.
func Versions(modules ...string) map[string]string {
	found := map[string]string{}
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if !slices.Contains(modules, module.Path) {
			continue
		}
		if module.Replace != nil {
			module = module.Replace
		}
		found[module.Path] = module.Version
	}
	return found
}

// Print writes a line of JSON.
func Print(line Object) {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(line); err != nil {
		panic(err)
	}
}
