# The host of the round in ../round.test.ts. Usage: host.rb URL
require_relative 'relay'

MANY = 100
EVERYBODY = [].freeze

# The game on the big screen.
class Host
  def initialize(url)
    @url = url
    @relay = Relay.new("#{url}/CREATE")
  end

  def play
    open_room
    exchange
    frames
    reconnect
    finish
  end

  private

  def tell(players, text)
    @relay.send_command('cmd' => 'to_str', 'to' => players, 'data' => text)
  end

  def hears(player, text)
    @relay.event('from_str', from: player, data: text)
  end

  # Both players say this, in any order.
  def echoes(text)
    first, second = Array.new(2) { @relay.event('from_str', data: text)['from'] }
    check(first != second, 'twice from', first)
  end

  def joined(player, name, **state)
    @relay.event('player_joined', player: player)
    @relay.event('state', state)
    hears(player, "hello #{name}")
    puts "joined #{player}"
  end

  def open_room
    @relay.event('state', name: '', players: [], max_players: 0, accept_conns: false)
    @relay.send_command(cmd: 'prepare', max_players: 2, name: 'Round', hold: 60)
    @relay.event('state', name: 'Round', players: [], max_players: 2, accept_conns: true)
    reply = @relay.event('prepare_reply')
    @code, @resume = reply.values_at('key', 'resume')
    puts "code #{@code}"
    joined(1, 'ana', players: [1], accept_conns: true)
    joined(2, 'ben', players: [1, 2], accept_conns: false)
    @relay.send_command(cmd: 'start')
    @relay.event('state', players: [1, 2], accept_conns: false)
  end

  def exchange
    tell(EVERYBODY, 'welcome')
    echoes('welcome')
    tell([1, 2, 99], 'déjà 🎉')
    echoes('déjà 🎉')
    @relay.send_command(cmd: 'to', to: [1], data: "\x00\xFF\x7F".b)
    @relay.event('from', from: 1, data: [0, 255, 127])

    large = Array.new(1024 * 1024) { |n| n * 31 % 256 }
    @relay.send_command(cmd: 'to', to: [2], data: large.pack('C*'))
    @relay.event('from', from: 2, data: large)

    MANY.times { |n| tell(EVERYBODY, n.to_s) }
    heard = Hash.new { |all, player| all[player] = [] }
    (2 * MANY).times do
      event = @relay.event('from_str')
      heard[event['from']] << event['data']
    end
    in_order = Array.new(MANY, &:to_s)
    check(heard == { 1 => in_order, 2 => in_order }, 'wrong order:', heard)
  end

  def frames
    tell([1], 'fragments')
    hears(1, 'one two three ' * 1000)
    tell([2], 'ping')
    hears(2, 'pong')
    @relay.ping
    tell([2], 'in pieces')
    hears(2, 'in pieces')
  end

  def reconnect
    tell([1], 'cut')
    @relay.event('player_away', player: 1)
    @relay.event('state', players: [1, 2], away: [1])
    tell([1], 'kept')
    puts 'away 1'
    @relay.event('player_back', player: 1)
    @relay.event('state', players: [1, 2], away: [])
    hears(1, 'back')
    hears(1, 'kept')

    @relay.cut
    @relay = Relay.new("#{@url}/CREATE?room=#{@code}&resume=#{@resume}&bytes=1")
    @relay.event('prepare_reply', key: @code, resumed: true)
    @relay.event('state', players: [1, 2], away: [])
    @relay.send_command(cmd: 'to', to: [2], data: [0, 23, 24, 255])
    @relay.event('from', from: 2, data: "\x00\x17\x18\xFF".b)
  end

  def finish
    @relay.send_command(cmd: 'kick', player: 2)
    @relay.event('player_left', player: 2)
    @relay.event('state', players: [1], accept_conns: false)
    @relay.send_command(cmd: 'open')
    @relay.event('state', players: [1], accept_conns: true)
    puts 'open'
    @relay.event('player_joined', player: 3)
    @relay.event('state', players: [1, 3])
    hears(3, 'hello cleo')
    @relay.send_command(cmd: 'stop')
    closed = @relay.next
    check(closed.is_a?(Relay::Closed), 'still said:', closed)
    puts "closed #{closed.code} #{closed.reason}"
  end
end

Host.new(ARGV.first).play
