import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The host of the round in ../round.test.ts: URL. */
public final class Host {
  private static final int MANY = 100;
  private static final List<Integer> EVERYBODY = List.of();

  private final String url;
  private Relay relay;
  private String code;
  private String resume;

  public static void main(String[] arguments) {
    Host host = new Host(arguments[0]);
    host.openRoom();
    host.exchange();
    host.frames();
    host.reconnect();
    host.finish();
    System.exit(0);
  }

  private Host(String url) {
    this.url = url;
    relay = new Relay(url + "/CREATE");
  }

  private void openRoom() {
    relay.event("state", "name", "", "players", List.of(), "max_players", 0, "accept_conns", false);
    relay.send("cmd", "prepare", "max_players", 2, "name", "Round", "hold", 60);
    relay.event("state", "name", "Round", "players", List.of(), "max_players", 2, "accept_conns", true);
    Map<String, Object> reply = relay.event("prepare_reply");
    code = (String) reply.get("key");
    resume = (String) reply.get("resume");
    Relay.say("code", code);
    joined(1, "ana", List.of(1), true);
    joined(2, "ben", List.of(1, 2), false);
    relay.send("cmd", "start");
    relay.event("state", "players", List.of(1, 2), "accept_conns", false);
  }

  private void joined(int player, String name, List<Integer> players, boolean open) {
    relay.event("player_joined", "player", player);
    relay.event("state", "players", players, "accept_conns", open);
    hears(player, "hello " + name);
    Relay.say("joined", player);
  }

  private void tell(List<Integer> players, String text) {
    relay.send("cmd", "to_str", "to", players, "data", text);
  }

  private void hears(int player, String text) {
    relay.event("from_str", "from", player, "data", text);
  }

  /** Both players say this, in any order. */
  private void echoes(String text) {
    Object first = relay.event("from_str", "data", text).get("from");
    Object second = relay.event("from_str", "data", text).get("from");
    Relay.check(!first.equals(second), "twice from " + first);
  }

  private void exchange() {
    tell(EVERYBODY, "welcome");
    echoes("welcome");
    tell(List.of(1, 2, 99), "déjà 🎉");
    echoes("déjà 🎉");
    relay.send("cmd", "to", "to", List.of(1), "data", new byte[] {0, (byte) 255, 127});
    relay.event("from", "from", 1, "data", List.of(0, 255, 127));

    byte[] large = new byte[1024 * 1024];
    for (int n = 0; n < large.length; n++) large[n] = (byte) (n * 31);
    relay.send("cmd", "to", "to", List.of(2), "data", large);
    List<?> echo = (List<?>) relay.event("from", "from", 2).get("data");
    Relay.check(echo.size() == large.length, "the large message has " + echo.size() + " bytes");
    for (int n = 0; n < large.length; n++) {
      Relay.check(echo.get(n).equals(large[n] & 255), "the large message differs at " + n);
    }

    for (int n = 0; n < MANY; n++) tell(EVERYBODY, String.valueOf(n));
    Map<Object, Integer> heard = new HashMap<>();
    for (int n = 0; n < 2 * MANY; n++) {
      Map<String, Object> event = relay.event("from_str");
      int before = heard.merge(event.get("from"), 1, Integer::sum) - 1;
      Relay.check(event.get("data").equals(String.valueOf(before)), "wrong order: " + event);
    }
  }

  private void frames() {
    tell(List.of(1), "fragments");
    hears(1, "one two three ".repeat(1000));
    tell(List.of(2), "ping");
    hears(2, "pong");

    relay.socket.sendPing(ByteBuffer.wrap(new byte[] {'h'})).join();
    Relay.check(relay.next() instanceof Relay.Pong, "no pong");
    String text = "in pieces ".repeat(1000);
    byte[] command = Relay.encode("cmd", "to_str", "to", List.of(2), "data", text);
    int half = command.length / 2;
    for (ByteBuffer piece :
        List.of(
            ByteBuffer.wrap(command, 0, 1),
            ByteBuffer.wrap(command, 1, half),
            ByteBuffer.wrap(command, 1 + half, command.length - half - 1))) {
      boolean last = piece.limit() == command.length;
      relay.socket.sendBinary(piece, last).join();
    }
    hears(2, text);
  }

  private void reconnect() {
    tell(List.of(1), "cut");
    relay.event("player_away", "player", 1);
    relay.event("state", "players", List.of(1, 2), "away", List.of(1));
    tell(List.of(1), "kept");
    Relay.say("away", 1);
    relay.event("player_back", "player", 1);
    relay.event("state", "players", List.of(1, 2), "away", List.of());
    hears(1, "back");
    hears(1, "kept");

    relay.cut();
    relay = new Relay("%s/CREATE?room=%s&resume=%s&bytes=1".formatted(url, code, resume));
    relay.event("prepare_reply", "key", code, "resumed", true);
    relay.event("state", "players", List.of(1, 2), "away", List.of());
    relay.send("cmd", "to", "to", List.of(2), "data", List.of(0, 23, 24, 255));
    byte[] data = (byte[]) relay.event("from", "from", 2).get("data");
    byte[] expected = {0, 23, 24, (byte) 255};
    Relay.check(Arrays.equals(data, expected), "got " + Arrays.toString(data));
  }

  private void finish() {
    relay.send("cmd", "kick", "player", 2);
    relay.event("player_left", "player", 2);
    relay.event("state", "players", List.of(1), "accept_conns", false);
    relay.send("cmd", "open");
    relay.event("state", "players", List.of(1), "accept_conns", true);
    Relay.say("open");
    relay.event("player_joined", "player", 3);
    relay.event("state", "players", List.of(1, 3));
    hears(3, "hello cleo");
    relay.send("cmd", "stop");
    Object end = relay.next();
    Relay.check(end instanceof Relay.Closed, "still said: " + end);
    Relay.Closed closed = (Relay.Closed) end;
    Relay.say("closed", closed.code(), closed.reason());
  }
}
