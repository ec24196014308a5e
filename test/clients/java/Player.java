import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;

/** A player of the round in ../round.test.ts: URL CODE SEAT_KEY NAME. */
public final class Player {
  public static void main(String[] arguments) throws IOException {
    String address = "%s/%s?seat=%s".formatted((Object[]) arguments);
    Relay relay = new Relay(address);
    text(relay, "hello " + arguments[3]);
    for (; ; ) {
      Object message = relay.next();
      if (message instanceof byte[] bytes) {
        relay.socket.sendBinary(ByteBuffer.wrap(bytes), true).join();
      } else if (message instanceof Relay.Pong) {
        text(relay, "pong");
      } else if (message instanceof Relay.Closed closed) {
        Relay.say("closed", closed.code(), closed.reason());
        System.exit(0);
      } else if (message.equals("fragments")) {
        for (int left = 1000; left > 0; left--) {
          relay.socket.sendText("one two three ", left == 1).join();
        }
      } else if (message.equals("ping")) {
        relay.socket.sendPing(ByteBuffer.wrap(new byte[] {'?'})).join();
      } else if (message.equals("cut")) {
        relay.cut();
        new BufferedReader(new InputStreamReader(System.in)).readLine();
        relay = new Relay(address);
        text(relay, "back");
      } else {
        text(relay, (String) message);
      }
    }
  }

  private static void text(Relay relay, String message) {
    relay.socket.sendText(message, true).join();
  }
}
