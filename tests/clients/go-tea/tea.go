package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	sdk "github.com/alibabacloud-go/darabonba-openapi/v2/client"
	"github.com/alibabacloud-go/darabonba-openapi/v2/models"
	"github.com/alibabacloud-go/tea/dara"
	"github.com/alibabacloud-go/tea/tea"

	"clients/openapi"
)

const module = "github.com/alibabacloud-go/darabonba-openapi/v2"

// client makes calls as the typed module of Tingwu does: that one is a thin layer over the same
// CallApi, with the same parameters.
type client struct {
	sdk *sdk.Client
}

// open makes a client for a server.
func open(server, id, secret string) (openapi.Client, error) {
	parsed, err := url.Parse(server)
	if err != nil {
		return nil, err
	}
	opened, err := sdk.NewClient(&models.Config{
		AccessKeyId:     dara.String(id),
		AccessKeySecret: dara.String(secret),
		Endpoint:        dara.String(parsed.Host),
		// The operations ask for HTTPS; the protocol of the configuration wins.
		Protocol: dara.String("HTTP"),
	})
	if err != nil {
		return nil, err
	}
	return &client{opened}, nil
}

func (c *client) Call(
	action, method, path string, query map[string]string, body openapi.Object,
) ([]byte, error) {
	params := &models.Params{
		Action:      dara.String(action),
		Version:     dara.String("2023-09-30"),
		Protocol:    dara.String("HTTPS"),
		Pathname:    dara.String(path),
		Method:      dara.String(method),
		AuthType:    dara.String("AK"),
		Style:       dara.String("ROA"),
		ReqBodyType: dara.String("json"),
		BodyType:    dara.String("json"),
	}
	request := &models.OpenApiRequest{Query: map[string]*string{}}
	for key, value := range query {
		request.Query[key] = dara.String(value)
	}
	if body != nil {
		request.Body = body
	}
	answer, err := c.sdk.CallApi(params, request, &dara.RuntimeOptions{})
	if err != nil {
		return nil, err
	}
	return json.Marshal(answer["body"])
}

// describe says what the SDK raised: the type, the code and the HTTP status.
func describe(err error) string {
	var raised *tea.SDKError
	if errors.As(err, &raised) {
		code, status := dara.StringValue(raised.Code), dara.IntValue(raised.StatusCode)
		return fmt.Sprintf("%T: %s, %d", err, code, status)
	}
	return fmt.Sprintf("%T: %s", err, err)
}
