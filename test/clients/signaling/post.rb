# Posts each argument after the URL, on one connection; prints a line of JSON for each answer.

require 'json'
require 'net/http'

url = URI(ARGV.shift)
Net::HTTP.start(url.host, url.port) do |http|
  ARGV.each do |body|
    answer = http.post(url.request_uri, body)
    puts({ status: answer.code.to_i, type: answer['Content-Type'], text: answer.body }.to_json)
  end
end
