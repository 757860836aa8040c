// SPDX-License-Identifier: MIT
// A service that answers requests and remembers too much: the answer of each
// request stays in a cache that nothing ever empties. Beside it, every request
// needs ten times as much for a moment, which is given back.
#include <chrono>
#include <map>
#include <string>
#include <thread>

static std::map<int, std::string> cache;

static std::string render(int request)
{
	std::string page;

	for (int row = 0; row < 500; row++)
		page += "row " + std::to_string(request * row) + "\n";
	return page;
}

static void remember(int request, const std::string &page)
{
	cache.emplace(request, page.substr(0, page.size() / 2));
}

static void answer(int request)
{
	std::string page = render(request);

	remember(request, page);
}

int main()
{
	for (int request = 0; request < 8000; request++) {
		answer(request);
		if (request % 40 == 0)
			std::this_thread::sleep_for(
			    std::chrono::milliseconds(5));
	}
}
