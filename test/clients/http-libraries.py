"""What urllib or requests makes of the URLs given: a line of JSON for each."""

import json
import sys
import urllib.error
import urllib.request


def by_urllib(url):
    try:
        answer = urllib.request.urlopen(url, timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    return answer.status, answer.headers, answer.read().decode()


def by_requests(url):
    import requests

    answer = requests.get(url, timeout=30)
    return answer.status_code, answer.headers, answer.text


library = {"urllib": by_urllib, "requests": by_requests}[sys.argv[1]]
for url in sys.argv[2:]:
    status, headers, body = library(url)
    said = {
        "status": status,
        "type": headers.get("Content-Type"),
        "origin": headers.get("Access-Control-Allow-Origin"),
        "body": body,
    }
    print(json.dumps(said))
