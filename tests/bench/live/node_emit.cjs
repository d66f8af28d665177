// The yardstick: Node's socket.io, which emits one notification to each client and, when the client
// acknowledges it, the next one. It begins when all clients are connected.
const { Server } = require("socket.io");

const notification = JSON.parse(process.env.NOTIFICATION);
const expected = Number(process.env.CLIENTS);
const server = new Server(Number(process.env.PORT), { transports: ["websocket"] });
const sockets = [];

function emit(socket) {
  socket.emit("notifications", [notification], () => emit(socket));
}

server.on("connection", (socket) => {
  sockets.push(socket);
  if (sockets.length === expected) sockets.forEach(emit);
});
