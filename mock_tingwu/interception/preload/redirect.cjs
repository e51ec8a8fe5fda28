// For Node programs, whose libraries know no proxies: connections to hosts of the cloud lead to the
// mock. What it needs to know is in MOCK_TINGWU_INTERCEPT (see mock_tingwu_redirect.py).
"use strict";

const net = require("net");
const os = require("os");

const settings = JSON.parse(process.env.MOCK_TINGWU_INTERCEPT || "null");

if (settings) {
  const hosts = new RegExp(settings.pattern);
  const connect = net.Socket.prototype.connect;

  const isOwn = (host) =>
    Object.values(os.networkInterfaces()).some((all) => all.some((one) => one.address === host));
  const isLocal = (host) =>
    ["", "localhost", "::1", "0.0.0.0", "::", os.hostname().toLowerCase()].includes(host) ||
    (net.isIPv4(host) && host.startsWith("127.")) ||
    (net.isIP(host) && isOwn(host.replace(/%.*/, "")));

  const redirected = (options) => {
    const host = String(options.host || "").toLowerCase();
    if (options.path || options.port === undefined) return options; // a Unix socket or a pipe
    if (hosts.test(host)) {
      const plain = Number(options.port) === 80;
      const port = plain ? settings.http_port : settings.tls_port;
      return { ...options, host: "127.0.0.1", port, family: 4, lookup: undefined };
    }
    if (!settings.allow_network && !isLocal(host)) {
      const why = "mock-tingwu lets nothing leave this machine; --allow-network does";
      const about = { code: "ECONNREFUSED", target: `${host}:${options.port}` };
      throw Object.assign(new Error(`${host}: ${why}`), about);
    }
    return options;
  };

  // Ask the proxy for what is refused, so that it is in its books; go on when it has answered.
  const count = (target, goOn) => {
    const books = new net.Socket();
    books.on("error", () => {}).on("close", goOn).resume();
    connect.call(books, net._normalizeArgs([{ port: settings.proxy_port, host: "127.0.0.1" }]));
    books.end(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
  };

  net.Socket.prototype.connect = function (...args) {
    // Node itself hands over an array of options and callback, others (port, host, callback).
    const given = Array.isArray(args[0]) ? args[0] : net._normalizeArgs(args);
    try {
      given[0] = redirected(given[0]);
    } catch (error) {
      this.connecting = true; // whoever writes meanwhile waits, and is told the reason
      count(error.target, () => this.destroy(error));
      return this;
    }
    return connect.call(this, given);
  };
}
