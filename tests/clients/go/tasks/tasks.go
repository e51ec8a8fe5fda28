// Package tasks does everything of the OpenAPI but a meeting: a recording is transcribed, its task
// run again, another cannot be read; hot words; a realtime task that nobody joins; calls that are
// refused.
package tasks

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"clients/openapi"
)

// SDK is what a program tries out. Open makes a client for a server, Describe says what it raised.
// Peculiar, if there is one, asks for a completed task in the SDK's own ways; it gives the
// TaskStatus of each.
type SDK struct {
	Client   string
	Modules  []string
	Open     func(server, id, secret string) (openapi.Client, error)
	Describe func(error) string
	Peculiar func(client openapi.Client, taskID string) (map[string]string, error)
}

// run is one run of a program.
type run struct {
	SDK
	appKey    string
	server    string
	recording string
	missing   string
	client    openapi.Client
}

// Main is that of a program called with URL RECORDING_URL MISSING_URL. It prints one JSON object per
// line, the verdict last, and ends with exit status 1 when something is not as it should be.
func Main(sdk SDK) {
	appKey := strings.ReplaceAll(sdk.Client, " ", "-")
	r := run{SDK: sdk, appKey: appKey, server: os.Args[1], recording: os.Args[2], missing: os.Args[3]}
	if err := r.run(); err != nil {
		openapi.Print(openapi.Object{"client": sdk.Client, "failed": err.Error()})
		os.Exit(1)
	}
}

func (r *run) run() error {
	id, secret := openapi.Credentials()
	client, err := r.Open(r.server, id, secret)
	if err != nil {
		return err
	}
	r.client = client

	var done *openapi.Task
	phrases, err := r.phrases(func(phraseID string) error {
		done, err = r.offline(phraseID)
		return err
	})
	if err != nil {
		return err
	}
	results, err := openapi.Download(done)
	if err != nil {
		return err
	}
	again, err := r.again(done.TaskId)
	if err != nil {
		return err
	}
	resultsThen, err := openapi.Download(again)
	if err != nil {
		return err
	}
	failed, err := r.unreadable()
	if err != nil {
		return err
	}
	stopped, err := r.realtime()
	if err != nil {
		return err
	}
	refused, err := r.refused()
	if err != nil {
		return err
	}
	checks := openapi.Object{
		"offline":       done.TaskStatus,
		"results":       results,
		"run again":     again.TaskStatus,
		"results then":  resultsThen,
		"no file":       failed.TaskStatus + ": " + failed.ErrorCode,
		"phrases":       phrases,
		"stopped early": stopped,
		"refused":       refused,
	}
	if r.Peculiar != nil {
		statuses, err := r.Peculiar(client, done.TaskId)
		if err != nil {
			return err
		}
		for way, status := range statuses {
			checks[way] = status
		}
	}
	openapi.Print(openapi.Object{
		"client":   r.Client,
		"versions": openapi.Versions(r.Modules...),
		"runtime":  runtime.Version(),
		"checks":   checks,
	})
	return nil
}

var offlineQuery = map[string]string{"type": "offline"}

func (r *run) offline(phraseID string) (*openapi.Task, error) {
	const key = "周会 录音 & more"
	created, err := openapi.Put(r.client, offlineQuery, openapi.Object{
		"AppKey": r.appKey,
		"Input": openapi.Object{
			"SourceLanguage":              "cn",
			"FileUrl":                     r.recording,
			"TaskKey":                     key,
			"ProgressiveCallbacksEnabled": true,
		},
		"Parameters": openapi.Object{
			"Transcription": openapi.Object{
				"DiarizationEnabled": true,
				"Diarization":        openapi.Object{"SpeakerCount": 2},
				"PhraseId":           phraseID,
			},
			"TranslationEnabled":  true,
			"Translation":         openapi.Object{"TargetLanguages": openapi.List{"en"}},
			"AutoChaptersEnabled": true,
		},
	})
	if err != nil {
		return nil, err
	}
	if created.TaskStatus != "ONGOING" || created.TaskKey != key {
		return nil, fmt.Errorf("the task is created as %+v", created)
	}
	done, err := openapi.Complete(r.client, created.TaskId)
	if err == nil && done.TaskKey != key {
		err = fmt.Errorf("the task's key has become %q", done.TaskKey)
	}
	return done, err
}

// again runs a completed task once more, for a summary.
func (r *run) again(taskID string) (*openapi.Task, error) {
	created, err := openapi.Put(r.client, offlineQuery, openapi.Object{
		"AppKey": r.appKey,
		"Input":  openapi.Object{"TaskId": taskID},
		"Parameters": openapi.Object{
			"SummarizationEnabled": true,
			"Summarization":        openapi.Object{"Types": openapi.List{"Paragraph", "Conversational"}},
		},
	})
	if err != nil {
		return nil, err
	}
	if created.TaskId != taskID {
		return nil, fmt.Errorf("the second run has another id: %+v", created)
	}
	return openapi.Complete(r.client, taskID)
}

func (r *run) unreadable() (*openapi.Task, error) {
	created, err := openapi.Put(r.client, offlineQuery, openapi.Object{
		"AppKey": r.appKey,
		"Input": openapi.Object{
			"SourceLanguage":              "cn",
			"FileUrl":                     r.missing,
			"ProgressiveCallbacksEnabled": true,
		},
	})
	if err != nil {
		return nil, err
	}
	return openapi.End(r.client, created.TaskId)
}

type phrase struct{ PhraseId, Name, Description, WordWeights string }

type phraseData struct {
	Status   string
	PhraseId string
	Phrases  []phrase
}

// phrases does all that can be done with hot words, the weights as text in JSON. It gives the names
// of the operations.
func (r *run) phrases(use func(phraseID string) error) ([]string, error) {
	call := func(operation, method, path string, body openapi.Object) (*phraseData, error) {
		action := operation + "TranscriptionPhrases"
		return openapi.Call[phraseData](r.client, action, method, openapi.PhrasesPath+path, nil, body)
	}
	first := phrase{"", "产品名 & 词", "第一版", `{"听悟":3,"café":2}`}
	second := phrase{"", "产品名 二", "第二版", `{"通义":5}`}

	created, err := call("Create", "POST", "", object(first))
	if err != nil {
		return nil, err
	}
	id := created.PhraseId
	first.PhraseId, second.PhraseId = id, id
	listed, err := call("List", "GET", "", nil)
	if err != nil {
		return nil, err
	}
	head := phrase{id, first.Name, first.Description, ""}
	if !slices.Contains(listed.Phrases, head) {
		return nil, fmt.Errorf("%+v is not among %+v", head, listed.Phrases)
	}
	got, err := call("Get", "GET", "/"+id, nil)
	if err != nil {
		return nil, err
	}
	updated, err := call("Update", "PUT", "/"+id, object(second))
	if err != nil {
		return nil, err
	}
	gotThen, err := call("Get", "GET", "/"+id, nil)
	if err != nil {
		return nil, err
	}
	if !reflect.DeepEqual(got.Phrases, []phrase{first}) ||
		!reflect.DeepEqual(gotThen.Phrases, []phrase{second}) {
		return nil, fmt.Errorf("the words are %+v, then %+v", got.Phrases, gotThen.Phrases)
	}
	if err := use(id); err != nil {
		return nil, err
	}
	deleted, err := call("Delete", "DELETE", "/"+id, nil)
	if err != nil {
		return nil, err
	}
	for _, data := range []*phraseData{created, got, updated, deleted} {
		if data.Status != "SUCCEEDED" {
			return nil, fmt.Errorf("an operation on hot words answers %+v", data)
		}
	}
	left, err := call("List", "GET", "", nil)
	if err == nil && slices.Contains(left.Phrases, phrase{id, second.Name, second.Description, ""}) {
		err = errors.New("the hot words are still there")
	}
	return []string{"create", "list", "get", "update", "delete"}, err
}

// object is what a request says of hot words.
func object(words phrase) openapi.Object {
	return openapi.Object{
		"Name": words.Name, "Description": words.Description, "WordWeights": words.WordWeights,
	}
}

// realtime makes a task and stops it before anybody has joined.
func (r *run) realtime() (string, error) {
	created, err := r.create(r.client, "cn")
	if err != nil {
		return "", err
	}
	query := map[string]string{"type": "realtime", "operation": "stop"}
	stopped, err := openapi.Put(r.client, query, openapi.Object{
		"AppKey": r.appKey, "Input": openapi.Object{"TaskId": created.TaskId},
	})
	if err != nil {
		return "", err
	}
	return stopped.TaskStatus, nil
}

func (r *run) create(client openapi.Client, language string) (*openapi.Task, error) {
	return openapi.Put(client, map[string]string{"type": "realtime"}, openapi.Object{
		"AppKey": r.appKey,
		"Input":  openapi.Object{"SourceLanguage": language, "Format": "pcm", "SampleRate": 16000},
	})
}

// refused says what the SDK raises for calls that are refused.
func (r *run) refused() (map[string]string, error) {
	id, secret := openapi.Credentials()
	forged, err := r.Open(r.server, id, secret+"?")
	if err != nil {
		return nil, err
	}
	stranger, err := r.Open(r.server, "nobody", secret)
	if err != nil {
		return nil, err
	}
	_, wrongSecret := r.create(forged, "cn")
	_, unknownKey := openapi.Get(stranger, strings.Repeat("0", 32))
	_, wrongLanguage := r.create(r.client, "tlh")
	raised := map[string]error{
		"wrong secret":   wrongSecret,
		"unknown key":    unknownKey,
		"wrong language": wrongLanguage,
	}
	said := map[string]string{}
	for what, err := range raised {
		if err == nil {
			return nil, fmt.Errorf("%s: nothing was raised", what)
		}
		openapi.Print(openapi.Object{"raised": what, "message": err.Error()})
		said[what] = r.Describe(err)
	}
	return said, nil
}
