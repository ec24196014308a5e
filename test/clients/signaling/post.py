"""Posts each argument after the library and the URL; prints a line of JSON for each answer."""

import json
import sys
import urllib.error
import urllib.request


def by_urllib(url, body):
    try:
        answer = urllib.request.urlopen(url, body.encode(), timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    return answer.status, answer.headers, answer.read().decode()


def by_requests(url, body):
    import requests

    answer = requests.post(url, json=json.loads(body), timeout=30)
    return answer.status_code, answer.headers, answer.text


library = {"urllib": by_urllib, "requests": by_requests}[sys.argv[1]]
for body in sys.argv[3:]:
    status, headers, text = library(sys.argv[2], body)
    print(json.dumps({"status": status, "type": headers.get("Content-Type"), "text": text}))
