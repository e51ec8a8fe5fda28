package main

import (
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
)

// client makes calls as CommonRequest in RPC style: GET with a query, or POST with a form.
type client struct {
	method string
	server *url.URL
	sdk    *sdk.Client
}

// parameters are text, as the SDK takes them.
type parameters = map[string]string

// shown is a task as a Query shows it.
type shown struct {
	Mode           string
	StreamUrl      string
	CallbackUrl    string
	ChannelId      string
	Status         int
	ReportInterval string
}

type answer struct {
	Description string
	RetCode     int
	TaskId      string
	Tasks       map[string]shown
}

func open(method, server, id, secret string) (*client, error) {
	parsed, err := url.Parse(server)
	if err != nil {
		return nil, err
	}
	opened, err := sdk.NewClientWithAccessKey("cn-shanghai", id, secret)
	if err != nil {
		return nil, err
	}
	return &client{method, parsed, opened}, nil
}

// call makes a call, which has to be a success.
func (c *client) call(action string, given parameters) (*answer, error) {
	said, err := c.send(action, given)
	if err == nil && (said.RetCode != 2000 || said.Description != "success") {
		err = fmt.Errorf("%s answers %+v", action, said)
	}
	return said, err
}

// send makes a call and gives what the SDK hands on.
func (c *client) send(action string, given parameters) (*answer, error) {
	request := requests.NewCommonRequest()
	request.Method = c.method
	request.Domain = c.server.Hostname()
	request.Port = c.server.Port()
	request.Version = "2016-11-01"
	request.ApiName = action
	request.SetScheme(c.server.Scheme)
	into := request.QueryParams
	if c.method == "POST" {
		into = request.FormParams
	}
	for name, value := range given {
		into[name] = value
	}
	response, err := c.sdk.ProcessCommonRequest(request)
	if err != nil {
		return nil, err
	}
	var said answer
	if err := json.Unmarshal(response.GetHttpContentBytes(), &said); err != nil {
		return nil, err
	}
	return &said, nil
}

// query gives the tasks that a Query shows, by id; of all that run without an id.
func (c *client) query(taskID string) (map[string]shown, error) {
	given := parameters{}
	if taskID != "" {
		given["TaskId"] = taskID
	}
	said, err := c.call("QueryRtcAsrTasks", given)
	if err != nil {
		return nil, err
	}
	return said.Tasks, nil
}
