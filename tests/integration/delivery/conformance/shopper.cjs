// A shopper's client in Node: socket.io-client, driven by a test.
//
//   node shopper.cjs <path of socket.io-client> <url> <options as JSON>
//
// Prints what happens as JSON lines [event, value], and takes commands as JSON lines [name, value].
'use strict';

const readline = require('node:readline');

const [client, url, options] = process.argv.slice(2);
const { io } = require(client);

const say = (event, value = null) => console.log(JSON.stringify([event, value]));
const socket = io(url, { reconnectionDelay: 50, reconnectionDelayMax: 200, ...JSON.parse(options) });

socket.on('connect', () => say('connect', socket.io.engine.transport.name));
socket.on('connect_error', (error) => say('connect_error', error.message));
socket.on('disconnect', (reason) => say('disconnect', reason));
socket.on('inbox', (change) => say('inbox', change));
socket.on('notifications', (items, ack) => {
  say('notifications', items.map((item) => item.id));
  ack();
});
socket.io.on('ping', () => say('ping'));
socket.io.on('open', () => {
  socket.io.engine.on('upgrade', (transport) => say('upgrade', transport.name));
});

const commands = {
  auth: (payload) => socket.emit('auth', payload, (answer) => say('auth', answer)),
  connect: () => socket.connect(),
  disconnect: () => socket.disconnect(),
};
const lines = readline.createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const [name, value] = JSON.parse(line);
  commands[name](value);
});
lines.on('close', () => process.exit(0));
