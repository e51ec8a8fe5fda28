package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
)

const tasksPath = "/openapi/tingwu/v2/tasks"

// tasks makes the OpenAPI calls of a meeting as CommonRequest of alibaba-cloud-sdk-go.
type tasks struct {
	server *url.URL
	client *sdk.Client
}

type taskData struct {
	TaskId         string
	TaskStatus     string
	MeetingJoinUrl string
	Result         map[string]string
}

// object and list are JSON written by hand.
type (
	object = map[string]any
	list   = []any
)

func newTasks(server string) (*tasks, error) {
	parsed, err := url.Parse(server)
	if err != nil {
		return nil, err
	}
	key, secret := os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_ID"), os.Getenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET")
	client, err := sdk.NewClientWithAccessKey("cn-beijing", key, secret)
	if err != nil {
		return nil, err
	}
	return &tasks{parsed, client}, nil
}

func (t *tasks) create() (*taskData, error) {
	return t.put(object{"type": "realtime"}, object{
		"AppKey": "go-client",
		"Input": object{
			"SourceLanguage": "cn",
			"Format":         "pcm",
			"SampleRate":     16000,
			"TaskKey":        fmt.Sprintf("task_%d", time.Now().Unix()),
		},
		"Parameters": object{
			// The vendor's sample sends this object empty.
			"Transcoding":         object{},
			"Transcription":       object{"OutputLevel": 2},
			"TranslationEnabled":  true,
			"Translation":         object{"TargetLanguages": list{"en"}, "OutputLevel": 2},
			"AutoChaptersEnabled": true,
		},
	})
}

func (t *tasks) stop(taskID string) (*taskData, error) {
	return t.put(
		object{"type": "realtime", "operation": "stop"},
		object{"AppKey": "go-client", "Input": object{"TaskId": taskID}},
	)
}

// complete polls until the task is COMPLETED.
func (t *tasks) complete(taskID string) (*taskData, error) {
	for range polls {
		task, err := t.call(t.request("GET", tasksPath+"/"+taskID))
		if err != nil {
			return nil, err
		}
		switch task.TaskStatus {
		case "COMPLETED":
			return task, nil
		case "FAILED":
			return nil, errors.New("the task has failed")
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil, errors.New("the task does not complete")
}

func (t *tasks) put(query, body object) (*taskData, error) {
	request := t.request("PUT", tasksPath)
	for key, value := range query {
		request.QueryParams[key] = fmt.Sprint(value)
	}
	content, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	request.SetContentType("application/json")
	request.SetContent(content)
	return t.call(request)
}

func (t *tasks) request(method, path string) *requests.CommonRequest {
	request := requests.NewCommonRequest()
	request.Method = method
	request.Domain = t.server.Hostname()
	request.Port = t.server.Port()
	request.Version = "2023-09-30"
	request.PathPattern = path
	request.SetScheme("http")
	return request
}

func (t *tasks) call(request *requests.CommonRequest) (*taskData, error) {
	response, err := t.client.ProcessCommonRequest(request)
	if err != nil {
		return nil, err
	}
	var body struct {
		Code string
		Data taskData
	}
	if err := json.Unmarshal(response.GetHttpContentBytes(), &body); err != nil {
		return nil, err
	}
	if body.Code != "0" {
		return nil, errors.New(response.GetHttpContentString())
	}
	return &body.Data, nil
}
