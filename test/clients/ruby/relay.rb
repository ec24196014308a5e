# What both programs need: one WebSocket to a relay, commands and events in CBOR.
require 'cbor'
require 'socket'
require 'uri'
require 'websocket/driver'

$stdout.sync = true

def check(condition, *what)
  abort(what.map(&:inspect).join(' ')) unless condition
end

# A WebSocket by websocket-driver, which leaves the reading and writing of bytes to its user.
class Relay
  Closed = Struct.new(:code, :reason)

  attr_reader :url, :driver

  def initialize(url)
    @url = url
    address = URI(url)
    @socket = TCPSocket.new(address.host, address.port)
    @received = []
    @driver = WebSocket::Driver.client(self)
    @driver.on(:message) { |event| @received << message(event.data) }
    @driver.on(:close) { |event| @received << Closed.new(event.code, event.reason) }
    opened = false
    @driver.on(:open) { opened = true }
    @driver.start
    read until opened
  end

  # Called by the driver.
  def write(bytes)
    @socket.write(bytes)
  end

  # The next text, bytes or Closed.
  def next
    read while @received.empty?
    @received.shift
  end

  def ping
    ponged = false
    @driver.ping('?') { ponged = true }
    read until ponged
  end

  # Breaks the line without a close frame, as a lost network does.
  def cut
    @socket.close
  end

  def send_command(command)
    @driver.binary(CBOR.encode(command))
  end

  # The next event, which has to be this one and to have these fields.
  def event(cmd, expected = {})
    message = self.next
    check(message.is_a?(String), 'expected', cmd, 'got', message)
    event = CBOR.decode(message)
    same = event['cmd'] == cmd && expected.all? { |key, value| event[key.to_s] == value }
    check(same, 'expected', cmd, expected, 'got', event)
    event
  end

  private

  def read
    @driver.parse(@socket.readpartial(64 * 1024))
  end

  # The driver gives binary messages as arrays of integers.
  def message(data)
    data.is_a?(Array) ? data.pack('C*') : data
  end
end
