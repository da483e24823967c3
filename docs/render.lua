-- SPDX-License-Identifier: MIT
-- Links of a page in Markdown, as the rendered page needs them; see docs/render.
local page = os.getenv("OSM_PAGE")

-- "docs/contract", "../x.md" -> "docs/x.md"
local function resolve(folder, target)
  local parts = {}
  for part in (folder .. "/" .. target):gmatch("[^/]+") do
    if part == ".." then
      table.remove(parts)
    elseif part ~= "." then
      table.insert(parts, part)
    end
  end
  return table.concat(parts, "/")
end

local function up()
  return page:match("^docs/contract/") and "../" or ""
end

function Link(link)
  local path, anchor = link.target:match("^([^#]*)(#?.*)$")
  if path == "" or path:match("^%a[%w+.-]*:") then
    return nil
  end
  path = resolve(page:match("^(.*)/[^/]*$") or "", path)
  if path == "README.md" then
    link.target = up() .. "index.html" .. anchor
  elseif path:match("%.md$") and (path:match("^docs/") or not path:match("/")) then
    link.target = up() .. path:gsub("^docs/", ""):gsub("%.md$", ".html") .. anchor
  elseif path == "docs" or path == "docs/contract" then
    link.target = up() .. "index.html"
  elseif path:match("^examples") then
    link.target = up() .. "../" .. path
  else
    return link.content
  end
  return link
end
