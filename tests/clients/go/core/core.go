// Package core calls the API as CommonRequest of alibaba-cloud-sdk-go, with ROA signatures.
package core

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"

	"clients/openapi"
)

// Module is the SDK's.
const Module = "github.com/aliyun/alibaba-cloud-sdk-go"

type client struct {
	server *url.URL
	sdk    *sdk.Client
}

// Open makes a client for a server.
func Open(server, id, secret string) (openapi.Client, error) {
	parsed, err := url.Parse(server)
	if err != nil {
		return nil, err
	}
	opened, err := sdk.NewClientWithAccessKey("cn-beijing", id, secret)
	if err != nil {
		return nil, err
	}
	return &client{parsed, opened}, nil
}

func (c *client) Call(
	_, method, path string, query map[string]string, body openapi.Object,
) ([]byte, error) {
	request := c.request(method, path)
	for key, value := range query {
		request.QueryParams[key] = value
	}
	if body != nil {
		content, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		request.SetContentType("application/json")
		request.SetContent(content)
	}
	return c.send(request)
}

func (c *client) request(method, path string) *requests.CommonRequest {
	request := requests.NewCommonRequest()
	request.Method = method
	request.Domain = c.server.Hostname()
	request.Port = c.server.Port()
	request.Version = "2023-09-30"
	request.PathPattern = path
	request.SetScheme(c.server.Scheme)
	return request
}

func (c *client) send(request *requests.CommonRequest) ([]byte, error) {
	response, err := c.sdk.ProcessCommonRequest(request)
	if err != nil {
		return nil, err
	}
	return response.GetHttpContentBytes(), nil
}

// Peculiar asks for a task in two ways that no other SDK has. A "?" behind the path, which older
// releases write with or without a query, is signed and sent as it is. A header without a value is
// sent, but its line is left out of the string to sign.
func Peculiar(opened openapi.Client, taskID string) (map[string]string, error) {
	c := opened.(*client)
	path := openapi.TasksPath + "/" + taskID
	noType := c.request("GET", path)
	noType.SetContentType("")
	statuses := map[string]string{}
	for way, request := range map[string]*requests.CommonRequest{
		"bare question mark":   c.request("GET", path+"?"),
		"header without value": noType,
	} {
		content, err := c.send(request)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", way, err)
		}
		var answer struct{ Data openapi.Task }
		if err := json.Unmarshal(content, &answer); err != nil {
			return nil, err
		}
		statuses[way] = answer.Data.TaskStatus
	}
	return statuses, nil
}

// Describe says what the SDK raised: the type, the code and the HTTP status. The SDK blames the
// secret only when the string that the server says it signs is the SDK's own, byte for byte.
func Describe(err error) string {
	raised, ok := err.(*errors.ServerError)
	if !ok {
		return fmt.Sprintf("%T: %s", err, err)
	}
	said := fmt.Sprintf("%T: %s, %d", raised, raised.ErrorCode(), raised.HttpStatus())
	blamed := strings.Contains(raised.Recommend(), "check you AccessKeySecret")
	if raised.ErrorCode() == "SignatureDoesNotMatch" && !blamed {
		said += ", for another string: " + raised.Message()
	}
	return said
}
