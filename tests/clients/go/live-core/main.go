// A live task's whole life through alibaba-cloud-sdk-go: it captions a stream and a channel, is asked
// for, stopped and deleted; calls that are refused.
//
//	live-core GET|POST URL CALLBACK_URL AUTH_KEY COUNT
//
// CALLBACK_URL takes callbacks, and tells whoever GETs it how many came. COUNT is how many to wait
// for. Prints one JSON object per line; the last is the verdict. Exit status 1 when something is not
// as it should be.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"time"

	"clients/core"
	"clients/openapi"
)

const (
	polls     = 300
	streamURL = "rtmp://pull.example.com/app/lesson?auth_key=1-0-0-x&b=~*(1)!"
	channelID = "房间 1"
)

// run is one run of the program.
type run struct {
	method      string
	server      string
	callbackURL string
	authKey     string
	client      *client
}

func main() {
	r := &run{method: os.Args[1], server: os.Args[2], callbackURL: os.Args[3], authKey: os.Args[4]}
	name := "go live " + r.method
	count, err := strconv.Atoi(os.Args[5])
	if err == nil {
		err = r.run(name, count)
	}
	if err != nil {
		openapi.Print(openapi.Object{"client": name, "failed": err.Error()})
		os.Exit(1)
	}
}

func (r *run) run(name string, count int) error {
	id, secret := openapi.Credentials()
	opened, err := open(r.method, r.server, id, secret)
	if err != nil {
		return err
	}
	r.client = opened
	task, err := opened.call("CreateRtcAsrTask", r.stream())
	if err != nil {
		return err
	}
	channel, err := opened.call("CreateRtcAsrTask", r.channel())
	if err != nil {
		return err
	}
	if err := r.callbacks(count); err != nil {
		return err
	}
	checks, err := r.life(task.TaskId, channel.TaskId)
	if err != nil {
		return err
	}
	odd := r.stream()
	odd["StreamURL"] += "&mock.ret_code=4001" // what the mock answers with
	answered, err := opened.send("CreateRtcAsrTask", odd)
	if err != nil {
		return err
	}
	checks["other RetCode"] = answered.RetCode
	if checks["refused"], err = r.refused(); err != nil {
		return err
	}
	openapi.Print(openapi.Object{
		"client":   name,
		"versions": openapi.Versions(core.Module),
		"runtime":  runtime.Version(),
		"task":     task.TaskId,
		"checks":   checks,
	})
	return nil
}

// life asks for a stream's task and a channel's, and ends them.
func (r *run) life(taskID, ofChannel string) (openapi.Object, error) {
	one, err := r.client.query(taskID)
	if err != nil {
		return nil, err
	}
	task := one[taskID]
	if task.StreamUrl != streamURL || task.CallbackUrl != r.callbackURL {
		return nil, fmt.Errorf("the task is %+v", task)
	}
	running, err := r.client.query("")
	if err != nil {
		return nil, err
	}
	if _, there := running[taskID]; !there || running[ofChannel].ChannelId != channelID {
		return nil, fmt.Errorf("what runs is %+v", running)
	}
	if _, err := r.client.call("StopRtcAsrTask", parameters{"TaskId": taskID}); err != nil {
		return nil, err
	}
	stopped, err := r.client.query(taskID)
	if err != nil {
		return nil, err
	}
	for _, id := range []string{taskID, ofChannel} {
		if _, err := r.client.call("DeleteRtcAsrTask", parameters{"TaskId": id}); err != nil {
			return nil, err
		}
	}
	deleted, err := r.client.query(taskID)
	if err != nil {
		return nil, err
	}
	return openapi.Object{
		"running":  fmt.Sprintf("%s, %d", task.Mode, task.Status),
		"interval": task.ReportInterval,
		"channel":  running[ofChannel].Mode,
		"stopped":  stopped[taskID].Status,
		"deleted":  len(deleted),
	}, nil
}

func (r *run) stream() parameters {
	return parameters{
		"Mode":             "live",
		"StreamURL":        streamURL,
		"Language":         "cn",
		"CallbackURL":      r.callbackURL,
		"AuthKey":          r.authKey,
		"ReportInterval":   "-1",
		"TranslateEnabled": "true",
		"TargetLanguages":  "en",
	}
}

func (r *run) channel() parameters {
	return parameters{
		"Mode":        "rtc",
		"SDKAppID":    "app1",
		"ChannelID":   channelID,
		"RtcUserId":   "u1",
		"Language":    "cn",
		"CallbackURL": r.callbackURL + "&of=channel",
	}
}

// callbacks waits until enough of them have come.
func (r *run) callbacks(count int) error {
	for range polls {
		response, err := http.Get(r.callbackURL)
		if err != nil {
			return err
		}
		var came struct{ Callbacks int }
		err = json.NewDecoder(response.Body).Decode(&came)
		response.Body.Close()
		if err != nil || came.Callbacks >= count {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
	return errors.New("the callbacks do not come")
}

// refused says what the SDK raises for calls that are refused.
func (r *run) refused() (map[string]string, error) {
	id, secret := openapi.Credentials()
	forged, err := open(r.method, r.server, id, secret+"?")
	if err != nil {
		return nil, err
	}
	stranger, err := open(r.method, r.server, "nobody", secret)
	if err != nil {
		return nil, err
	}
	wrong, missing := r.stream(), r.stream()
	wrong["ReportInterval"] = "501"
	delete(missing, "StreamURL")
	said := map[string]string{}
	for _, call := range []struct {
		what   string
		client *client
		action string
		given  parameters
	}{
		{"unknown task", r.client, "StopRtcAsrTask", parameters{"TaskId": "asr-none"}},
		{"wrong parameter", r.client, "CreateRtcAsrTask", wrong},
		{"missing parameter", r.client, "CreateRtcAsrTask", missing},
		{"wrong secret", forged, "CreateRtcAsrTask", r.stream()},
		{"unknown key", stranger, "QueryRtcAsrTasks", parameters{}},
	} {
		_, err := call.client.call(call.action, call.given)
		if err == nil {
			return nil, fmt.Errorf("%s: nothing was raised", call.what)
		}
		openapi.Print(openapi.Object{"raised": call.what, "message": err.Error()})
		said[call.what] = core.Describe(err)
	}
	return said, nil
}
