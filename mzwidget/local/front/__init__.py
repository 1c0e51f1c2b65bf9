"""The socket: messages, login, framing."""
