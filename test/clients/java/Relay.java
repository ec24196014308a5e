import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;

/** One WebSocket of the JDK to a relay, with commands and events in Jackson's CBOR. */
final class Relay implements WebSocket.Listener {
  /** How the relay has closed the connection. */
  record Closed(int code, String reason) {}

  /** The answer to a ping. */
  record Pong(ByteBuffer data) {}

  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  static final CBORFactory CBOR = new CBORFactory();

  final WebSocket socket;
  private final BlockingQueue<Object> received = new LinkedBlockingQueue<>();
  private final StringBuilder text = new StringBuilder();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  Relay(String address) {
    socket = CLIENT.newWebSocketBuilder().buildAsync(URI.create(address), this).join();
  }

  @Override
  public CompletionStage<?> onText(WebSocket from, CharSequence piece, boolean last) {
    text.append(piece);
    if (last) {
      received.add(text.toString());
      text.setLength(0);
    }
    from.request(1);
    return null;
  }

  @Override
  public CompletionStage<?> onBinary(WebSocket from, ByteBuffer piece, boolean last) {
    byte[] copy = new byte[piece.remaining()];
    piece.get(copy);
    bytes.writeBytes(copy);
    if (last) {
      received.add(bytes.toByteArray());
      bytes.reset();
    }
    from.request(1);
    return null;
  }

  @Override
  public CompletionStage<?> onPong(WebSocket from, ByteBuffer data) {
    received.add(new Pong(data));
    from.request(1);
    return null;
  }

  @Override
  public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
    received.add(new Closed(code, reason));
    return null;
  }

  @Override
  public void onError(WebSocket from, Throwable error) {
    received.add(error);
  }

  /** The next text, bytes, pong or close. */
  Object next() {
    try {
      return received.take();
    } catch (InterruptedException error) {
      throw new IllegalStateException(error);
    }
  }

  /** Breaks the line without a close frame, as a lost network does. */
  void cut() {
    socket.abort();
  }

  /** Sends a command, with its fields as name, value, name, value. */
  void send(Object... fields) {
    socket.sendBinary(ByteBuffer.wrap(encode(fields)), true).join();
  }

  /** The next event, which has to be this one and to have these fields. */
  Map<String, Object> event(String cmd, Object... expected) {
    Object message = next();
    check(message instanceof byte[], "expected " + cmd + ", got " + message);
    Map<String, Object> event = decode((byte[]) message);
    check(cmd.equals(event.get("cmd")), "expected " + cmd + ", got " + event);
    for (int at = 0; at < expected.length; at += 2) {
      boolean same = expected[at + 1].equals(event.get(expected[at]));
      check(same, "expected " + expected[at] + " " + expected[at + 1] + ", got " + event);
    }
    return event;
  }

  static byte[] encode(Object... fields) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator generator = CBOR.createGenerator(out)) {
      // This encoder does not know how many fields there will be: the map is of indefinite length.
      generator.writeStartObject();
      for (int at = 0; at < fields.length; at += 2) {
        generator.writeFieldName((String) fields[at]);
        write(generator, fields[at + 1]);
      }
      generator.writeEndObject();
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
    return out.toByteArray();
  }

  private static void write(JsonGenerator generator, Object value) throws IOException {
    if (value instanceof List<?> list) {
      generator.writeStartArray();
      for (Object item : list) write(generator, item);
      generator.writeEndArray();
    } else if (value instanceof byte[] data) {
      generator.writeBinary(data);
    } else if (value instanceof Integer number) {
      generator.writeNumber(number);
    } else if (value instanceof Double number) {
      generator.writeNumber(number);
    } else {
      generator.writeString((String) value);
    }
  }

  static Map<String, Object> decode(byte[] event) {
    try (JsonParser parser = CBOR.createParser(event)) {
      parser.nextToken();
      @SuppressWarnings("unchecked")
      Map<String, Object> fields = (Map<String, Object>) read(parser);
      return fields;
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private static Object read(JsonParser parser) throws IOException {
    switch (parser.currentToken()) {
      case START_OBJECT:
        Map<String, Object> fields = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String name = parser.getCurrentName();
          parser.nextToken();
          fields.put(name, read(parser));
        }
        return fields;
      case START_ARRAY:
        List<Object> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) items.add(read(parser));
        return items;
      case VALUE_EMBEDDED_OBJECT:
        return parser.getBinaryValue();
      case VALUE_NUMBER_INT:
        return parser.getIntValue();
      case VALUE_TRUE:
        return true;
      case VALUE_FALSE:
        return false;
      default:
        return parser.getText();
    }
  }

  static void say(Object... words) {
    StringBuilder line = new StringBuilder();
    for (Object word : words) line.append(line.length() == 0 ? "" : " ").append(word);
    System.out.println(line);
  }

  static void check(boolean condition, String otherwise) {
    if (!condition) throw new AssertionError(otherwise);
  }
}
