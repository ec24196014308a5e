# The encodings of ../encodings.test.ts that the gem cbor has. Usage: encodings.rb URL
require 'bigdecimal'
require_relative 'relay'

relay = Relay.new("#{ARGV.first}/CREATE")
relay.event('state')
relay.send_command(cmd: 'prepare', max_players: 1)
relay.event('state')
puts "code #{relay.event('prepare_reply')['key']}"
relay.event('player_joined', player: 1)
relay.event('state')

send_text = lambda do |content, to: [1], extra: nil, wrap: ->(command) { command }|
  puts "text #{content}"
  command = { 'cmd' => 'to_str', 'to' => to, 'data' => content, 'extra' => extra }
  relay.send_command(wrap.call(command))
end
send_bytes = lambda do |content, data|
  puts "bytes #{content}"
  relay.send_command('cmd' => 'to', 'to' => [], 'data' => data)
end

send_text.call('default')
send_text.call('symbols', wrap: ->(command) { command.transform_keys(&:to_sym).merge(cmd: :to_str) })
send_text.call('self-described', wrap: ->(command) { CBOR::Tagged.new(55_799, command) })
send_text.call('float id', to: [nil, 1.0])
{
  'bignum' => 2**70, 'negative bignum' => -(2**70), 'time' => Time.at(0), 'float' => 1.1,
  'not a number' => Float::NAN, 'symbol' => :a, 'nested' => { 1 => [{ nil => true }] },
  'regular expression' => /a+/, 'simple value' => CBOR::Simple.new(99)
}.each { |name, value| send_text.call(name, extra: value) }

send_bytes.call('binary string', 'binary string'.b)
send_bytes.call('integers', 'integers'.bytes)
send_bytes.call('typed array', CBOR::Tagged.new(64, 'typed array'.b))

relay.send_command(cmd: 'stop')
closed = relay.next
check(closed.is_a?(Relay::Closed), 'answered by:', closed)
puts "closed #{closed.code} #{closed.reason}"
