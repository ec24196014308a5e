# A player of the round in ../round.test.ts. Usage: player.rb URL CODE SEAT_KEY NAME
require_relative 'relay'

url, code, seat, name = ARGV
address = "#{url}/#{code}?seat=#{seat}"
relay = Relay.new(address)
relay.driver.text("hello #{name}")
loop do
  case message = relay.next
  when Relay::Closed
    puts "closed #{message.code} #{message.reason}"
    exit
  when 'fragments'
    # This library sends every message in one frame.
    relay.driver.text('one two three ' * 1000)
  when 'ping'
    relay.ping
    relay.driver.text('pong')
  when 'cut'
    relay.cut
    $stdin.gets
    relay = Relay.new(address)
    relay.driver.text('back')
  else
    binary = message.encoding == Encoding::BINARY
    binary ? relay.driver.binary(message) : relay.driver.text(message)
  end
end
