import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.CBORGenerator;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The encodings of ../encodings.test.ts that Jackson has: URL. */
public final class Encodings {
  /** Writes one value. */
  private interface Value {
    void write(CBORGenerator to) throws IOException;
  }

  private static final Value NOTHING = null;

  private final Relay relay;

  public static void main(String[] arguments) throws IOException {
    Relay relay = new Relay(arguments[0] + "/CREATE");
    relay.event("state");
    relay.send("cmd", "prepare", "max_players", 1);
    relay.event("state");
    Relay.say("code", relay.event("prepare_reply").get("key"));
    relay.event("player_joined", "player", 1);
    relay.event("state");
    Encodings encodings = new Encodings(relay);
    encodings.sendTexts();
    encodings.sendBytes();
    relay.send("cmd", "stop");
    Object end = relay.next();
    if (end instanceof byte[] event) throw new AssertionError("answered by " + Relay.decode(event));
    Relay.Closed closed = (Relay.Closed) end;
    Relay.say("closed", closed.code(), closed.reason());
    System.exit(0);
  }

  private Encodings(Relay relay) {
    this.relay = relay;
  }

  private void sendTexts() throws IOException {
    CBORFactory plain = new CBORFactory();
    text(plain, "default", to -> to.writeNumber(1), NOTHING);
    CBORFactory described = new CBORFactory();
    described.enable(CBORGenerator.Feature.WRITE_TYPE_HEADER);
    text(described, "self-described", to -> to.writeNumber(1), NOTHING);
    CBORFactory wide = new CBORFactory();
    wide.disable(CBORGenerator.Feature.WRITE_MINIMAL_INTS);
    text(wide, "wide integers", to -> to.writeNumber(1), NOTHING);
    text(wide, "long id", to -> to.writeNumber(1L), NOTHING);
    text(plain, "double id", to -> to.writeNumber(1.0), NOTHING);
    text(plain, "float id", to -> to.writeNumber(1.0f), NOTHING);
    text(plain, "big integer", to -> to.writeNumber(1), to -> to.writeNumber(BigInteger.TWO.pow(70)));
    text(plain, "decimal", to -> to.writeNumber(1), to -> to.writeNumber(new BigDecimal("1.25")));
    text(plain, "null", to -> to.writeNumber(1), CBORGenerator::writeNull);
    text(plain, "object", to -> to.writeNumber(1), Encodings::nested);
    // Beyond its buffer, this encoder writes text in chunks, and fails where one ends in an emoji.
    text(plain, "é in chunks ".repeat(2000).trim(), to -> to.writeNumber(1), NOTHING);
  }

  private static void nested(CBORGenerator to) throws IOException {
    to.writeStartObject();
    to.writeArrayFieldStart("list");
    to.writeString("a");
    to.writeEndArray();
    to.writeEndObject();
  }

  private void text(CBORFactory factory, String content, Value id, Value extra) throws IOException {
    send("text", content, "to_str", factory, id, to -> to.writeString(content), extra);
  }

  private void sendBytes() throws IOException {
    bytes("array", to -> to.writeBinary("array".getBytes(StandardCharsets.UTF_8)));
    bytes("stream", to -> to.writeBinary(new ByteArrayInputStream("stream".getBytes()), 6));
    bytes("integers", to -> {
      to.writeStartArray();
      for (byte each : "integers".getBytes()) to.writeNumber(each);
      to.writeEndArray();
    });
  }

  private void bytes(String content, Value data) throws IOException {
    send("bytes", content, "to", new CBORFactory(), to -> to.writeNumber(1), data, NOTHING);
  }

  private void send(
      String kind, String content, String cmd, CBORFactory factory, Value id, Value data, Value extra)
      throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (CBORGenerator generator = factory.createGenerator(out)) {
      generator.writeStartObject();
      generator.writeStringField("cmd", cmd);
      generator.writeArrayFieldStart("to");
      id.write(generator);
      generator.writeEndArray();
      generator.writeFieldName("data");
      data.write(generator);
      if (extra != NOTHING) {
        generator.writeFieldName("extra");
        extra.write(generator);
      }
      generator.writeEndObject();
    }
    Relay.say(kind, content);
    relay.socket.sendBinary(ByteBuffer.wrap(out.toByteArray()), true).join();
  }
}
